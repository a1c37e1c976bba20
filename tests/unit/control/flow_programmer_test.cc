#include "control/flow_programmer.h"

#include <gtest/gtest.h>

#include <string>

namespace jvpn {
namespace {

Prefix Net(const char* text) { return *Prefix::Parse(text); }
Instant At(std::int64_t ms) { return Instant(Millis(ms)); }

SessionProgram Program(std::uint32_t slot, std::uint32_t bound = 0) {
  SessionProgram program;
  program.session = SessionSlot{slot};
  program.installed = true;
  program.bound = TransportId{bound};
  return program;
}

class FlowProgrammerTest : public testing::Test {
 protected:
  // What lies in a worker's ring, as text; the worker acknowledges unless it is deaf.
  std::string Drain(std::size_t lane, bool acknowledge = true) {
    std::string text;
    WorkerCommand command;
    while (lanes_[lane].commands.TryPop(command)) {
      Generation generation{};
      if (const auto* session = std::get_if<SessionProgram>(&command)) {
        generation = session->generation;
        text += session->installed ? "install " : "remove ";
        text += std::to_string(Value(session->session));
        if (session->installed) text += " bound " + std::to_string(Value(session->bound));
      } else if (const auto* route = std::get_if<RouteProgram>(&command)) {
        generation = route->generation;
        text += route->present ? "route " : "unroute ";
        text += route->destination.ToString() + " to " + std::to_string(Value(route->owner)) + "/" +
                std::to_string(Value(route->session));
      } else {
        text += "other";
      }
      text += "; ";
      if (acknowledge && Value(generation) != 0) acks_.emplace_back(lane, generation);
    }
    return text;
  }
  void DeliverAcks(std::int64_t ms) {
    for (const auto& [lane, generation] : std::exchange(acks_, {})) {
      programmer_.Applied(static_cast<WorkerId>(lane), generation, At(ms));
    }
  }
  std::string Released() {
    std::string text;
    for (const auto& [owner, slot] : programmer_.TakeReleased()) {
      text += std::to_string(Value(owner)) + "/" + std::to_string(Value(slot)) + " ";
    }
    return text;
  }
  void Fill(std::size_t lane) {
    while (lanes_[lane].commands.TryPush(SendLink{})) {
    }
  }

  std::array<Lane, 2> lanes_;
  FlowProgrammer programmer_{{&lanes_[0], &lanes_[1]}, 8};
  std::vector<std::pair<std::size_t, Generation>> acks_;
};

TEST_F(FlowProgrammerTest, RoutesFollowTheAcknowledgedSessionToEveryWorker) {
  programmer_.SetSession(WorkerId{1}, Program(3), At(0));
  programmer_.SetRoutes(WorkerId{1}, SessionSlot{3}, {Net("10.9.0.2/32")}, At(0));
  EXPECT_EQ(Drain(0), "");
  EXPECT_EQ(Drain(1), "install 3 bound 0; ");
  DeliverAcks(1);
  EXPECT_EQ(Drain(0), "route 10.9.0.2/32 to 1/3; ");
  EXPECT_EQ(Drain(1), "route 10.9.0.2/32 to 1/3; ");
}

TEST_F(FlowProgrammerTest, TheSameDesireTwiceGivesNothing) {
  programmer_.SetSession(WorkerId{0}, Program(3), At(0));
  programmer_.SetSession(WorkerId{0}, Program(3), At(0));
  EXPECT_EQ(Drain(0), "install 3 bound 0; ");
  DeliverAcks(1);
  programmer_.SetSession(WorkerId{0}, Program(3), At(2));
  programmer_.Turn(At(1000));
  EXPECT_EQ(Drain(0), "");
  programmer_.SetSession(WorkerId{0}, Program(3, 1), At(1001));
  EXPECT_EQ(Drain(0), "install 3 bound 1; ");
}

TEST_F(FlowProgrammerTest, RemovesRoutesFirstAndReleasesWhenAllAcknowledged) {
  programmer_.SetSession(WorkerId{1}, Program(3), At(0));
  programmer_.SetRoutes(WorkerId{1}, SessionSlot{3}, {Net("10.9.0.2/32")}, At(0));
  Drain(1);
  DeliverAcks(1);
  Drain(0);
  Drain(1);
  DeliverAcks(2);
  programmer_.RemoveSession(WorkerId{1}, SessionSlot{3}, At(3));
  EXPECT_EQ(Drain(1), "unroute 10.9.0.2/32 to 1/3; remove 3; ");
  DeliverAcks(4);
  EXPECT_EQ(Released(), "");
  EXPECT_EQ(Drain(0), "unroute 10.9.0.2/32 to 1/3; ");
  DeliverAcks(5);
  EXPECT_EQ(Released(), "1/3 ");
  programmer_.Turn(At(10'000));
  EXPECT_EQ(Drain(0) + Drain(1), "");
}

TEST_F(FlowProgrammerTest, ARemovedSessionsProgramHoldsNoKeys) {
  SessionProgram program = Program(3);
  program.rx_key.writable()[0] = 7;
  programmer_.SetSession(WorkerId{0}, program, At(0));
  programmer_.RemoveSession(WorkerId{0}, SessionSlot{3}, At(1));
  WorkerCommand command;
  ASSERT_TRUE(lanes_[0].commands.TryPop(command));
  EXPECT_FALSE(std::get<SessionProgram>(command).rx_key.is_zero());
  ASSERT_TRUE(lanes_[0].commands.TryPop(command));
  EXPECT_TRUE(std::get<SessionProgram>(command).rx_key.is_zero());
}

TEST_F(FlowProgrammerTest, RepeatsWhatIsNotAcknowledged) {
  programmer_.SetSession(WorkerId{0}, Program(3), At(0));
  EXPECT_EQ(Drain(0, false), "install 3 bound 0; ");
  programmer_.Turn(At(199));
  EXPECT_EQ(Drain(0, false), "");
  EXPECT_EQ(programmer_.NextDeadline(), At(200));
  programmer_.Turn(At(200));
  EXPECT_EQ(Drain(0), "install 3 bound 0; ");
  DeliverAcks(201);
  programmer_.Turn(At(1000));
  EXPECT_EQ(Drain(0), "");
  EXPECT_EQ(programmer_.NextDeadline(), Instant::max());
}

TEST_F(FlowProgrammerTest, AnOlderAcknowledgementDoesNotStandForTheNewestProgram) {
  programmer_.SetSession(WorkerId{0}, Program(3), At(0));
  Drain(0);
  programmer_.SetSession(WorkerId{0}, Program(3, 1), At(1));
  EXPECT_EQ(Drain(0, false), "install 3 bound 1; ");
  DeliverAcks(2);
  programmer_.Turn(At(201));
  EXPECT_EQ(Drain(0), "install 3 bound 1; ");
}

TEST_F(FlowProgrammerTest, ALaterAcknowledgementStandsForEarlierOnes) {
  programmer_.SetSession(WorkerId{0}, Program(3), At(0));
  Drain(0, false);
  programmer_.SetSession(WorkerId{0}, Program(4), At(1));
  Drain(0);
  DeliverAcks(2);
  programmer_.Turn(At(1000));
  EXPECT_EQ(Drain(0), "");
}

TEST_F(FlowProgrammerTest, WhatAFullRingDidNotTakeFollowsInOrder) {
  Fill(0);
  programmer_.SetSession(WorkerId{0}, Program(3), At(0));
  programmer_.SetSession(WorkerId{0}, Program(3, 1), At(1));
  programmer_.SetSession(WorkerId{0}, Program(4), At(2));
  EXPECT_FALSE(programmer_.Pushed(WorkerId{0}, SessionSlot{3}));
  Drain(0);
  EXPECT_LE(programmer_.NextDeadline(), At(3));
  EXPECT_TRUE(programmer_.Turn(At(3)));
  EXPECT_EQ(Drain(0), "install 3 bound 1; install 4 bound 0; ");
  EXPECT_TRUE(programmer_.Pushed(WorkerId{0}, SessionSlot{3}));
}

TEST_F(FlowProgrammerTest, RemovingWhatWasNeverPushedStillCleansUp) {
  Fill(0);
  programmer_.SetSession(WorkerId{0}, Program(3), At(0));
  programmer_.RemoveSession(WorkerId{0}, SessionSlot{3}, At(1));
  Drain(0);
  programmer_.Turn(At(2));
  EXPECT_EQ(Drain(0), "remove 3; ");
  DeliverAcks(3);
  EXPECT_EQ(Released(), "0/3 ");
}

TEST_F(FlowProgrammerTest, ANewOwnerOfARouteIsNotUndoneByTheOldOnesRemoval) {
  programmer_.SetSession(WorkerId{0}, Program(3), At(0));
  programmer_.SetRoutes(WorkerId{0}, SessionSlot{3}, {Net("10.9.0.2/32")}, At(0));
  Drain(0);
  DeliverAcks(0);
  Drain(0);
  Drain(1);
  DeliverAcks(0);
  programmer_.RemoveSession(WorkerId{0}, SessionSlot{3}, At(1));
  EXPECT_EQ(Drain(0, false), "unroute 10.9.0.2/32 to 0/3; remove 3; ");  // no answer
  programmer_.SetSession(WorkerId{1}, Program(5), At(2));
  programmer_.SetRoutes(WorkerId{1}, SessionSlot{5}, {Net("10.9.0.2/32")}, At(2));
  Drain(1);
  DeliverAcks(3);
  EXPECT_EQ(Drain(0, false), "route 10.9.0.2/32 to 1/5; ");  // no answer either
  programmer_.Turn(At(1000));
  EXPECT_EQ(Drain(0), "remove 3; route 10.9.0.2/32 to 1/5; ");
  Drain(1);
  DeliverAcks(1001);
  EXPECT_EQ(Released(), "0/3 ");
}

TEST_F(FlowProgrammerTest, NeighborsGoToEveryWorkerInTheirLatestState) {
  Fill(1);
  programmer_.SetNeighbor({.id = NeighborId{2}, .address = {}, .mac = {}}, At(0));
  programmer_.SetNeighbor({.id = NeighborId{2}, .address = {}, .mac = MacAddress{{1}}}, At(1));
  EXPECT_EQ(Drain(0), "other; other; ");
  Drain(1);
  programmer_.Turn(At(2));
  WorkerCommand command;
  ASSERT_TRUE(lanes_[1].commands.TryPop(command));
  EXPECT_EQ(std::get<NeighborProgram>(command).mac, MacAddress{{1}});
  EXPECT_FALSE(lanes_[1].commands.TryPop(command));
}

}  // namespace
}  // namespace jvpn
