// AdminFixture: a backend of values and an audit log in memory, for the tests of the operator's
// door.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "control/admin_methods.h"

namespace jvpn {

class NullSink final : public AuditSink {
 public:
  std::size_t Write(std::string_view bytes) override { return bytes.size(); }
  void Reopen() override {}
  void Sync() override {}
};

class FakeBackend final : public AdminBackend {
 public:
  AdminFacts Facts(Instant) const override {
    return {.version = "1.2.3", .node_id = "gw1", .uptime_ms = 5, .without_hugepages = true};
  }
  std::vector<SessionView> Sessions(const SessionId& from, std::size_t most,
                                    Instant) const override {
    most_asked = std::max(most_asked, most);
    std::vector<SessionView> page;
    for (const SessionView& session : sessions) {
      if (session.id >= from && page.size() < most) page.push_back(session);
    }
    return page;
  }
  std::size_t SessionCount() const override { return sessions.size(); }
  std::optional<SessionView> FindSession(const SessionId& id, Instant) const override {
    const auto found = std::find_if(sessions.begin(), sessions.end(),
                                    [&](const SessionView& s) { return s.id == id; });
    return found == sessions.end() ? std::nullopt : std::optional(*found);
  }
  TerminateResult Terminate(const SessionId& id, Instant) override {
    const auto found = std::find_if(sessions.begin(), sessions.end(),
                                    [&](const SessionView& s) { return s.id == id; });
    if (found != sessions.end()) {
      sessions.erase(found);
      tombstones.push_back(id);
      return TerminateResult::kDone;
    }
    return std::find(tombstones.begin(), tombstones.end(), id) != tombstones.end()
               ? TerminateResult::kAlreadyTerminated
               : TerminateResult::kUnknownSession;
  }
  std::vector<PolicyGroupView> PolicyGroups() const override { return groups; }
  bool SetPolicy(const std::string& group, std::shared_ptr<const Policy> policy, Instant) override {
    for (PolicyGroupView& view : groups) {
      if (view.group != group) continue;
      view.policy = std::move(policy);
      return true;
    }
    return false;
  }
  DropCounters ControlDrops() const override { return drops; }
  std::vector<const WorkerStats*> Workers() const override { return {&workers[0], &workers[1]}; }

  std::vector<SessionView> sessions;  // in the order of their ids
  mutable std::size_t most_asked = 0;
  std::vector<PolicyGroupView> groups{
      {.group = "gateway", .peers = 2, .policy = std::make_shared<const Policy>()}};
  std::vector<SessionId> tombstones;
  DropCounters drops{};
  WorkerStats workers[2];
};

class AdminFixture : public testing::Test {
 protected:
  // Begins with the two bytes.
  static SessionId Id(std::uint8_t first, std::uint8_t second) {
    SessionId id;
    id.bytes[0] = first;
    id.bytes[1] = second;
    return id;
  }
  static SessionView Session(const SessionId& id, const std::string& peer) {
    SessionView session;
    session.id = id;
    session.peer = peer;
    session.state = State::kAttached;
    session.state_version = 1;
    session.binding_epoch = 1;
    session.bound = TransportId{0};
    session.suite = Suite::kAes128Gcm;
    TransportView transport;
    transport.id = TransportId{0};
    transport.bound = true;
    transport.validated = true;
    transport.life = "fresh";
    session.transports.push_back(transport);
    return session;
  }
  void Append(std::uint32_t state_version) {
    Event event;
    event.type = EventType::kTransportAttached;
    event.state_version = state_version;
    audit_.Append(event);
  }

  FakeBackend backend_;
  AuditLog audit_{"gw1", std::make_unique<NullSink>(), {}};
  std::vector<std::string> logged_;
  AdminMethods methods_{backend_, audit_,
                        [this](const std::string& sentence) { logged_.push_back(sentence); }};
  Instant now_{};
};

}  // namespace jvpn
