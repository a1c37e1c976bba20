// The whole life of the packet side as the gateway sees it, in a process of its own because DPDK
// starts once: Create, Launch, Stop, over two null devices.

#include <gtest/gtest.h>

#include "dataplane/dataplane.h"

namespace jvpn {
namespace {

TEST(Dataplane, StartsRunsAndStopsFromItsConfiguration) {
  DataplaneConfig config;
  config.workers = 2;
  config.hugepages = Hugepages::kOff;
  config.file_prefix = "jvpn-create-test";
  config.wan.vdev = "net_null0";
  config.core.vdev = "net_null1";
  Lane first;
  Lane second;
  auto dataplane = Dataplane::Create(config, {&first, &second});
  ASSERT_TRUE(dataplane.ok()) << std::string(dataplane.status().message());
  EXPECT_TRUE((*dataplane)->without_hugepages());
  ASSERT_TRUE((*dataplane)->Launch(nullptr).ok());
  while ((*dataplane)->stats(0).turns.Get() < 100 || (*dataplane)->stats(1).turns.Get() < 100) {
  }
  (*dataplane)->Stop();
  // net_null brings packets of zeros: not one is for us, every one is counted.
  std::uint64_t drops = 0;
  for (const Counter& counter : (*dataplane)->stats(0).drops) drops += counter.Get();
  EXPECT_GT(drops, 0U);
}

}  // namespace
}  // namespace jvpn
