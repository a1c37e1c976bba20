// DPDK can be started once a process, so all tests of this program share one, without hugepages.

#include <gtest/gtest.h>

#include "dataplane/eal.h"

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  jvpn::EalSettings settings;
  settings.workers = 2;
  settings.memory_mib = 256;
  settings.file_prefix = "jvpn-test";
  const auto eal = jvpn::Eal::Start(settings, false);
  if (!eal.ok()) {
    std::fprintf(stderr, "%s\n", std::string(eal.status().message()).c_str());
    return 1;
  }
  return RUN_ALL_TESTS();
}
