#include "dataplane/dataplane.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/dataplane/ring_rig.h"

namespace jvpn::testing {
namespace {

// Gives up after ten seconds of a busy machine.
template <typename Condition>
bool Eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

TEST(Dataplane, ForwardsOnThreadsOfItsOwnUntilItIsStopped) {
  RingRig rig({.workers = 2});
  constexpr WorkerId kSecond{1};
  TunnelPeer peer(SessionSlot{3}, kSecond, Suite::kAes128Gcm, 1);
  rig.Install(rig.scene.ProgramFor(peer, Generation{1}), kSecond);
  ASSERT_TRUE(rig.dataplane->Launch(nullptr).ok());
  const WorkerStats& owner = rig.dataplane->stats(1);
  // Half of them are handed over and may be late; never by more than the replay window reaches.
  std::uint64_t sent = 0;
  for (int round = 0; round < 10; ++round) {
    for (std::uint32_t i = 0; i < 64; ++i, ++sent) {
      rig.Arrive(PortSide::kWan, rig.scene.FromClient(peer.Seal(0, InnerUp())), i % 2);
    }
    ASSERT_TRUE(Eventually([&] { return owner.uplink_packets.Get() == sent; }))
        << owner.uplink_packets.Get() << " of " << sent;
  }
  EXPECT_GT(rig.dataplane->stats(0).handed_over.Get(), 0U);
  rig.dataplane->Stop();
  rig.dataplane->Stop();
  EXPECT_EQ(owner.uplink_packets.Get(), sent) << "statistics outlive the stop";
}

TEST(Dataplane, AppliesProgramsWhileItRuns) {
  RingRig rig;
  ASSERT_TRUE(rig.dataplane->Launch(nullptr).ok());
  TunnelPeer peer(SessionSlot{3}, WorkerId{0}, Suite::kAes128Gcm, 1);
  for (std::uint64_t generation = 1; generation <= 50; ++generation) {
    rig.Command(rig.scene.ProgramFor(peer, Generation{generation}));
    EXPECT_TRUE(Eventually([&] {
      HealthSignal signal;
      return rig.lanes[0]->signals.TryPop(signal) && signal.kind == HealthSignal::Kind::kApplied &&
             signal.generation == Generation{generation};
    }));
  }
}

}  // namespace
}  // namespace jvpn::testing
