#include "dataplane/eal.h"

#include <gtest/gtest.h>
#include <rte_cycles.h>

#include "absl/strings/str_join.h"
#include "dataplane/packet_pool.h"
#include "dataplane/port.h"
#include "dataplane/tsc_clock.h"

namespace jvpn {
namespace {

const Machine kTwoCpus{.cpus = {0, 1}, .free_hugepage_mib = 128};

std::string Joined(const EalSettings& settings, bool hugepages) {
  const auto arguments = EalArguments(settings, hugepages, kTwoCpus);
  return arguments.ok() ? absl::StrJoin(*arguments, " ")
                        : std::string(arguments.status().message());
}

TEST(EalArguments, LetMoreWorkersThanCpusFloat) {
  EXPECT_EQ(Joined({.workers = 3, .memory_mib = 64, .file_prefix = "x"}, false),
            "jvpn --lcores=0@(0,1),1@(0,1),2@(0,1),3@(0,1) --main-lcore=0 -m 64 --file-prefix=x "
            "--no-telemetry --log-level=warning --no-huge --no-shconf --no-pci");
}

TEST(EalArguments, PinWorkersAndKeepTheMainThreadOffTheirCpus) {
  EXPECT_EQ(Joined({.workers = 1,
                    .worker_cores = {1},
                    .memory_mib = 512,
                    .file_prefix = "x",
                    .pci = {"0000:3b:00.0"},
                    .extra = {"--vfio-intr=legacy"}},
                   true),
            "jvpn --lcores=0@(0),1@(1) --main-lcore=0 -m 512 --file-prefix=x --no-telemetry "
            "--log-level=warning --in-memory -a 0000:3b:00.0 --vfio-intr=legacy");
}

TEST(EalArguments, RefuseImpossibleCoresWithASentence) {
  EXPECT_EQ(Joined({.workers = 1, .worker_cores = {5}}, false),
            "worker_cores names CPU 5, which this process may not use; it may use 0, 1");
  EXPECT_EQ(Joined({.workers = 2, .worker_cores = {1}}, false),
            "worker_cores names 1 CPUs for 2 workers; name one for each, or none");
  EXPECT_EQ(Joined({.workers = 2, .worker_cores = {1, 1}}, false),
            "worker_cores names CPU 1 twice; two workers on one CPU starve");
  EXPECT_EQ(Joined({.workers = 33}, false), "33 workers: there must be 1 to 32");
}

TEST(ChooseHugepages, TakesThemIfTheyAreFreeAndDemandsThemOnlyWhenTold) {
  EXPECT_TRUE(*ChooseHugepages(Hugepages::kAuto, 128, kTwoCpus));
  EXPECT_FALSE(*ChooseHugepages(Hugepages::kAuto, 129, kTwoCpus));
  EXPECT_FALSE(*ChooseHugepages(Hugepages::kOff, 64, kTwoCpus));
  EXPECT_TRUE(*ChooseHugepages(Hugepages::kOn, 64, kTwoCpus));
  const auto refused = ChooseHugepages(Hugepages::kOn, 256, kTwoCpus);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(std::string(refused.status().message()).find("vm.nr_hugepages=192"), std::string::npos);
}

TEST(PacketPools, SayHowMuchMemoryIsNeeded) {
  const auto pools = PacketPools::Create(4, 8, 1522);
  ASSERT_FALSE(pools.ok());
  const std::string sentence(pools.status().message());
  EXPECT_EQ(sentence,
            "[memory] megabytes = 8 is too little for the packet buffers of 4 workers; set it to "
            "43 at least");
  EXPECT_EQ(BuffersFor(std::uint64_t{64} << 20, 4096), 16383U);
}

TEST(DeviceArguments, AskPacketSocketsForAQueuePairAWorker) {
  EXPECT_EQ(DeviceArguments("net_af_packet0,iface=wan0", 2), "net_af_packet0,iface=wan0,qpairs=2");
  EXPECT_EQ(DeviceArguments("net_af_packet0,iface=wan0,qpairs=1", 2),
            "net_af_packet0,iface=wan0,qpairs=1");
  EXPECT_EQ(DeviceArguments("net_tap0,iface=x", 2), "net_tap0,iface=x");
}

TEST(Port, SaysWhatToDoWhenTheDeviceIsNotThere) {
  const auto pools = PacketPools::Create(1, 16, 1522);
  ASSERT_TRUE(pools.ok());
  PortDevice device;
  device.vdev = "net_af_packet7,iface=jvpn-not-there";
  const auto port = Port::Open(device, {}, **pools);
  ASSERT_FALSE(port.ok());
  const std::string sentence(port.status().message());
  EXPECT_NE(sentence.find("no wan port"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("does the interface exist"), std::string::npos) << sentence;
}

TEST(TscClock, RunsWithTheBootClockAndNeverBack) {
  TscClock clock;
  BootClock boot;
  Instant last = clock.Now();
  for (int i = 0; i < 200'000; ++i) {
    const Instant before = boot.Now();
    const Instant now = clock.Now();
    const Instant after = boot.Now();
    ASSERT_GE(now, last);
    last = now;
    ASSERT_GT(now, before - Millis(2));
    ASSERT_LT(now, after + Millis(2));
  }
}

}  // namespace
}  // namespace jvpn
