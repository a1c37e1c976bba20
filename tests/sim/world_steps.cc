// World: what the steps of a schedule do.
#include <algorithm>

#include "tests/sim/world.h"

namespace jvpn::sim {

void World::SetLink(std::uint32_t client, std::uint32_t link, bool up) {
  if (network_.up(client, link) == up) return;
  network_.SetUp(client, link, up);
  clients_[client].end->OnLink(link, up ? LinkEvent::kUp : LinkEvent::kDown);
}

void World::Begin(const Step& step) {
  ClientEnd& client = *clients_[step.client].end;
  switch (step.fault) {
    case Fault::kLinkDown:
    case Fault::kFlap:
      return SetLink(step.client, step.link, false);
    case Fault::kBlackout:
      for (std::uint32_t i = 0; i < clients_[step.client].refused.size(); ++i) {
        SetLink(step.client, i, false);
      }
      return;
    case Fault::kSendRefused:
      clients_[step.client].refused[step.link] = true;
      return;
    case Fault::kRebind:
      return network_.Rebind(step.client, step.link, step.amount >= 400);
    case Fault::kMove:
      network_.Rebind(step.client, step.link, true);
      return client.OnLink(step.link, LinkEvent::kNewAddress);
    case Fault::kPortDown:
      return gateway_->SetPort(false);
    case Fault::kControlStall:
      return gateway_->StallControl(step.until);
    case Fault::kWorkerStall:
      return gateway_->StallWorkers(step.until);
    case Fault::kClientStall:
      return client.Stall(step.until);
    case Fault::kClientRestart:
      if (client.running()) client.Start();
      return;
    case Fault::kClientTerminate:
      return client.Terminate();
    case Fault::kOperatorTerminate:
      return gateway_->TerminateSomeSession();
    case Fault::kPolicyReload:
      return gateway_->ApplyPolicy(schedule_.offers[step.amount]);
    case Fault::kGatewayStop:
      return gateway_->Stop();
    case Fault::kGatewayRestart:
      return gateway_->Kill();
    case Fault::kStoreFails:
      return gateway_->SetStoreFailing(true);
    case Fault::kStoreStalls:
      return gateway_->SetStoreStalled(true);
    case Fault::kStoreTears:
      return gateway_->TearNextPut(step.amount);
    case Fault::kNeighborSilent:
      return gateway_->SetNeighborSilent(true);
    case Fault::kTraffic:
      clients_[step.client].busy = true;
      return;
    default:
      return;  // in force by Recompute() or Repeat()
  }
}

void World::End(const Step& step) {
  const auto others = [&](Fault fault) {
    return std::any_of(in_force_.begin(), in_force_.end(), [&](const Step& other) {
      const bool of_gateway = fault == Fault::kGatewayRestart || fault == Fault::kStoreFails ||
                              fault == Fault::kStoreStalls;
      return other.fault == fault && (of_gateway || other.client == step.client);
    });
  };
  switch (step.fault) {
    case Fault::kLinkDown:
    case Fault::kFlap:
    case Fault::kBlackout:
      if (others(Fault::kLinkDown) || others(Fault::kFlap) || others(Fault::kBlackout)) return;
      for (std::uint32_t i = 0; i < clients_[step.client].refused.size(); ++i) {
        SetLink(step.client, i, true);
      }
      return;
    case Fault::kSendRefused:
      clients_[step.client].refused[step.link] = false;
      return;
    case Fault::kPortDown:
      return gateway_->SetPort(true);
    case Fault::kStoreTears:
      gateway_->Kill();
      [[fallthrough]];
    case Fault::kGatewayRestart:
      // Of several that kill it the last one starts it.
      if (others(Fault::kGatewayRestart)) return;
      return gateway_->Boot();
    case Fault::kStoreFails:
      return gateway_->SetStoreFailing(others(Fault::kStoreFails));
    case Fault::kStoreStalls:
      return gateway_->SetStoreStalled(others(Fault::kStoreStalls));
    case Fault::kPolicyReload:
      if (schedule_.offers[step.amount].taken_back) {
        gateway_->ApplyPolicy({.policy = schedule_.policy, .lasting = true});
      }
      return;
    case Fault::kNeighborSilent:
      return gateway_->SetNeighborSilent(false);
    case Fault::kTraffic:
      clients_[step.client].busy = false;
      return;
    default:
      return;
  }
}

void World::Repeat(const Step& step) {
  // About `amount` frames over the whole step, at least one a tick when it is short.
  const auto ticks = std::max<std::int64_t>(1, (step.until - step.at) / Millis{8});
  const auto now_and_then = static_cast<std::uint32_t>(
      std::min<std::int64_t>(1000, 1000 * std::int64_t{step.amount} / ticks));
  switch (step.fault) {
    case Fault::kFlap: {
      const auto since = std::chrono::floor<Millis>(trace_.now() - step.at).count();
      return SetLink(step.client, step.link, (since / step.amount) % 2 == 1);
    }
    case Fault::kReplay:
    case Fault::kReplayElsewhere:
      if (dice_.Chance(now_and_then)) attacker_.Replay(step.fault == Fault::kReplayElsewhere);
      return;
    case Fault::kInject:
      if (dice_.Chance(now_and_then)) attacker_.Inject(step.client, step.link);
      return;
    case Fault::kSpoof:
      if (dice_.Chance(now_and_then)) attacker_.Spoof(step.client, step.link);
      return;
    default:
      return;
  }
}

// The conditions of every link follow from the steps in force alone.
void World::Recompute() {
  for (std::uint32_t c = 0; c < clients_.size(); ++c) {
    for (std::uint32_t i = 0; i < schedule_.clients[c].links.size(); ++i) {
      const LinkSetup& setup = schedule_.clients[c].links[i];
      for (const Way way : {Way::kUp, Way::kDown}) {
        Conditions conditions;
        conditions.delay = setup.delay;
        conditions.jitter = setup.jitter;
        network_.conditions(c, i, way) = conditions;
      }
    }
  }
  for (const Step& step : in_force_) Impair(step);
}

void World::Impair(const Step& step) {
  const Duration ms = Millis{step.amount};
  for (const Way way : {Way::kUp, Way::kDown}) {
    Conditions& to = network_.conditions(step.client, step.link, way);
    switch (step.fault) {
      case Fault::kLoss:
        to.loss = std::max(to.loss, step.amount);
        break;
      case Fault::kBurstLoss:
        to.burst_loss = std::max(to.burst_loss, step.amount / 4);
        break;
      case Fault::kLossOfLarge:
        to.largest = std::min(to.largest, step.amount);
        break;
      case Fault::kDelay:
        to.delay += ms;
        break;
      case Fault::kJitter:
        to.jitter += ms;
        break;
      case Fault::kReorder:
        to.reorder += ms;
        break;
      case Fault::kDuplicate:
        to.duplicate = std::max(to.duplicate, step.amount);
        break;
      case Fault::kCorrupt:
        to.corrupt = std::max(to.corrupt, step.amount);
        break;
      case Fault::kTruncate:
        to.truncate = std::max(to.truncate, step.amount);
        break;
      case Fault::kBlackhole:
        to.black = true;
        break;
      case Fault::kBlackholeUp:
        to.black |= way == Way::kUp;
        break;
      case Fault::kBlackholeDown:
        to.black |= way == Way::kDown;
        break;
      case Fault::kHold:
        to.held_until = std::max(to.held_until.value_or(step.until), step.until);
        break;
      case Fault::kDropControl:
        to.no_control = true;
        break;
      case Fault::kHoldControl:
        to.control_held_until = std::max(to.control_held_until.value_or(step.until), step.until);
        break;
      case Fault::kDropHandshake:
        to.no_handshake = true;
        break;
      default:
        break;
    }
  }
}

}  // namespace jvpn::sim
