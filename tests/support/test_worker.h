// TestWorker: plays a worker's part on a lane by hand: takes commands, acknowledges, gives frames
// and signals. It forwards nothing.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "channel/lane.h"
#include "wire/data_header.h"
#include "wire/link_frame.h"

namespace jvpn {

class TestWorker {
 public:
  explicit TestWorker(Lane& lane) : lane_(lane) {}

  // Takes all commands, keeps what they say and acknowledges programs unless deaf.
  void Work() {
    WorkerCommand command;
    while (lane_.commands.TryPop(command)) {
      if (const auto* session = std::get_if<SessionProgram>(&command)) {
        Take(*session);
      } else if (const auto* route = std::get_if<RouteProgram>(&command)) {
        Take(*route);
      } else if (const auto* neighbor = std::get_if<NeighborProgram>(&command)) {
        neighbors[neighbor->id] = *neighbor;
      } else if (const auto* link = std::get_if<SendLink>(&command)) {
        links.push_back(*link);
        log.push_back("link");
      } else if (const auto* send = std::get_if<SendSealed>(&command)) {
        sealed.push_back(*send);
        log.push_back("sealed");
      }
    }
  }

  // The UDP datagrams among the frames sent since the last call.
  struct Datagram {
    Endpoint from;
    Endpoint to;
    MacAddress to_mac;
    Bytes payload;
  };
  std::vector<Datagram> TakeDatagrams() {
    std::vector<Datagram> datagrams;
    for (const SendLink& link : std::exchange(links, {})) {
      const auto ethernet = ParseEthernet(link.frame.view());
      const auto ip = ethernet ? ParseIp(ethernet->payload) : std::nullopt;
      const auto udp = ip ? ParseUdp(*ip) : std::nullopt;
      if (!udp) continue;
      datagrams.push_back({udp->source, udp->destination, ethernet->to,
                           Bytes(udp->payload.begin(), udp->payload.end())});
    }
    return datagrams;
  }
  std::vector<SendSealed> TakeSealed() { return std::exchange(sealed, {}); }
  std::vector<std::string> TakeLog() { return std::exchange(log, {}); }

  void GiveDatagram(const Endpoint& remote, const Endpoint& local, ByteView payload) {
    UpFrame frame;
    frame.kind = UpFrame::Kind::kDatagram;
    frame.source_mac = MacAddress{{2, 0, 0, 0, 0, 0x99}};
    frame.remote = remote;
    frame.local = local;
    frame.bytes.Assign(payload);
    if (!payload.empty() && payload[0] == static_cast<std::uint8_t>(FrameType::kHandshakeInit)) {
      lane_.handshakes.TryPush(frame);
    } else {
      lane_.frames.TryPush(frame);
    }
  }
  void GivePathFrames(SessionSlot slot, TransportId transport, const Endpoint& remote,
                      const Endpoint& local, ByteView plaintext, bool highest = true) {
    UpFrame frame;
    frame.kind = UpFrame::Kind::kPathFrames;
    frame.session = slot;
    frame.transport = transport;
    frame.remote = remote;
    frame.local = local;
    frame.highest = highest;
    frame.bytes.Assign(plaintext);
    lane_.frames.TryPush(frame);
  }
  void GiveLink(PortSide side, ByteView raw) {
    UpFrame frame;
    frame.kind = UpFrame::Kind::kLink;
    frame.side = side;
    frame.bytes.Assign(raw);
    lane_.frames.TryPush(frame);
  }
  void GiveLife(SessionSlot slot, TransportId transport, HealthSignal::Life life, Instant heard) {
    HealthSignal signal;
    signal.kind = HealthSignal::Kind::kTransport;
    signal.session = slot;
    signal.generation = sessions.contains(slot) ? sessions[slot].generation : Generation{0};
    signal.transport = transport;
    signal.life = life;
    signal.last_heard = heard;
    Give(signal);
  }
  void Give(const HealthSignal& signal) { lane_.signals.TryPush(signal); }

  bool deaf = false;  // acknowledges nothing
  std::map<SessionSlot, SessionProgram> sessions;
  std::map<Prefix, RouteProgram> routes;
  std::map<NeighborId, NeighborProgram> neighbors;
  std::vector<SendLink> links;
  std::vector<SendSealed> sealed;
  std::vector<std::string> log;  // all commands but neighbors, in their order

 private:
  void Take(const SessionProgram& program) {
    const std::string name = std::to_string(Value(program.session));
    if (program.installed) {
      sessions[program.session] = program;
      const bool bound = program.bound != TransportId::kNone;
      log.push_back("session " + name + " bound " +
                    (bound ? std::to_string(Value(program.bound)) : "none"));
    } else {
      sessions.erase(program.session);
      log.push_back("remove session " + name);
    }
    Acknowledge(program.generation, program.session);
  }
  void Take(const RouteProgram& program) {
    if (program.present) {
      routes[program.destination] = program;
    } else {
      routes.erase(program.destination);
    }
    log.push_back((program.present ? "route " : "remove route ") + program.destination.ToString());
    Acknowledge(program.generation, program.session);
  }
  void Acknowledge(Generation generation, SessionSlot slot) {
    if (deaf) return;
    HealthSignal signal;
    signal.kind = HealthSignal::Kind::kApplied;
    signal.generation = generation;
    signal.session = slot;
    Give(signal);
  }

  Lane& lane_;
};

}  // namespace jvpn
