#include "client/client_loop.h"

#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "client/status.h"

namespace jvpn {
namespace {

// Descriptors of the poller; sockets count from kFirstPath.
constexpr std::uint64_t kTunTag = 0;
constexpr std::uint64_t kLinksTag = 1;
constexpr std::uint64_t kControlTag = 2;
constexpr std::uint64_t kSignalsTag = 3;
constexpr std::uint64_t kFirstPath = 16;

// Longer than the greatest MTU that the configuration allows.
constexpr std::size_t kTunBufferBytes = 10'240;

// A name server may be reachable only a moment after the link is.
constexpr int kResolveAttempts = 5;
constexpr auto kResolvePause = std::chrono::seconds(1);

absl::StatusOr<std::vector<Endpoint>> ResolvePatiently(const std::vector<HostPort>& endpoints) {
  absl::StatusOr<std::vector<Endpoint>> resolved = ResolveEndpoints(endpoints);
  for (int attempt = 1; !resolved.ok() && attempt < kResolveAttempts; ++attempt) {
    std::this_thread::sleep_for(kResolvePause);
    resolved = ResolveEndpoints(endpoints);
  }
  return resolved;
}

absl::StatusOr<UniqueFd> CatchSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  UniqueFd fd(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd.valid()) return absl::UnavailableError(absl::StrCat("signalfd: ", std::strerror(errno)));
  return fd;
}

bool Accepted(const Prefix& route, const std::optional<std::vector<Prefix>>& filter) {
  return !filter || std::any_of(filter->begin(), filter->end(), [&](const Prefix& allowed) {
    return allowed.length <= route.length && allowed.Contains(route.address);
  });
}

LinkEvent ToLinkEvent(UplinkEvent event) {
  switch (event) {
    case UplinkEvent::kUp:
      return LinkEvent::kUp;
    case UplinkEvent::kDown:
      return LinkEvent::kDown;
    case UplinkEvent::kNewAddress:
      break;
  }
  return LinkEvent::kNewAddress;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ClientLoop>> ClientLoop::Create(const ClientFile& file,
                                                               ClientIdentity identity,
                                                               Clock& clock, Random& random) {
  absl::StatusOr<ControlServer> control = ControlServer::Open(file.control_socket);
  if (!control.ok()) return control.status();
  absl::StatusOr<TunDevice> tun = TunDevice::Create(file.name);
  if (!tun.ok()) return tun.status();
  std::optional<AuditLog> audit;
  if (!file.audit_file.empty()) {
    absl::StatusOr<AuditLog> opened = AuditLog::Open(file.audit_file, file.name);
    if (!opened.ok()) return opened.status();
    audit = std::move(*opened);
  }
  absl::StatusOr<std::vector<Endpoint>> gateways = ResolvePatiently(file.endpoints);
  if (!gateways.ok()) return gateways.status();
  absl::StatusOr<LinkMonitor> links = LinkMonitor::Open(file.uplinks, clock.Now());
  if (!links.ok()) return links.status();
  absl::StatusOr<Poller> poller = Poller::Create();
  if (!poller.ok()) return poller.status();
  absl::StatusOr<UniqueFd> signals = CatchSignals();
  if (!signals.ok()) return signals.status();
  absl::StatusOr<std::unique_ptr<AeadEngine>> engine =
      AeadEngine::Create(AeadEngine::Sharing::kProcess);
  if (!engine.ok()) return engine.status();

  Kernel kernel{std::move(*control), std::move(*tun),     std::move(*links),
                std::move(*poller),  std::move(*signals), std::move(audit)};
  std::unique_ptr<ClientLoop> loop(
      new ClientLoop(file, std::move(kernel), std::move(*engine), clock));
  absl::Status status = loop->OpenPaths(*gateways);
  if (status.ok()) status = loop->Register();
  if (!status.ok()) return status;
  loop->StartSession(std::move(identity), random);
  return loop;
}

ClientLoop::ClientLoop(const ClientFile& file, Kernel kernel, std::unique_ptr<AeadEngine> engine,
                       Clock& clock)
    : file_(file),
      kernel_(std::move(kernel)),
      engine_(std::move(engine)),
      clock_(clock),
      buffers_(std::make_unique<ReceiveBuffers>()),
      tun_buffer_(kTunBufferBytes) {}

ClientLoop::~ClientLoop() = default;

absl::Status ClientLoop::Register() {
  const std::pair<int, std::uint64_t> kDescriptors[] = {{kernel_.tun.fd(), kTunTag},
                                                        {kernel_.links.fd(), kLinksTag},
                                                        {kernel_.control.fd(), kControlTag},
                                                        {kernel_.signals.get(), kSignalsTag}};
  for (const auto& [fd, tag] : kDescriptors) {
    if (absl::Status status = kernel_.poller.Add(fd, tag); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ClientLoop::OpenPaths(const std::vector<Endpoint>& gateways) {
  // What is there at the start has settled long ago.
  LinkTable& table = kernel_.links.table();
  table.Take(clock_.Now() + LinkTable::kSettle);
  for (const PlannedTransport& plan : PlanTransports(file_.uplinks.size(), gateways, table)) {
    paths_.push_back({plan.uplink, UdpTransport(file_.uplinks[plan.uplink], plan.remote)});
  }
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    if (table.index(paths_[i].uplink) == 0) {
      spdlog::warn("uplink {} is not there; it is used as soon as it comes",
                   paths_[i].socket.device());
    } else if (absl::Status status = OpenPath(i); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

// A device that went and came is another device: a socket stays with the one it was bound to.
absl::Status ClientLoop::OpenPath(std::size_t path) {
  Path& p = paths_[path];
  const std::uint32_t index = kernel_.links.table().index(p.uplink);
  if (p.socket.is_open() && p.opened_on == index) return absl::OkStatus();
  if (absl::Status status = p.socket.Open(); !status.ok()) return status;
  p.opened_on = index;
  return kernel_.poller.Add(p.socket.fd(), kFirstPath + path);
}

void ClientLoop::StartSession(ClientIdentity identity, Random& random) {
  std::vector<TransportSetup> setups;
  for (const Path& path : paths_) {
    const Endpoint& remote = path.socket.remote();
    const bool up = kernel_.links.table().up(path.uplink, remote.address.family);
    setups.push_back({remote, up && path.socket.is_open()});
  }
  const Instant now = clock_.Now();
  const WallClock wall{std::chrono::system_clock::now().time_since_epoch(), now};
  session_.emplace(std::move(identity), setups, wall, *engine_, random, now);
}

Ending ClientLoop::Run(const OnAttached& on_attached) {
  while (!ending_) Turn(on_attached);
  return *ending_;
}

void ClientLoop::Turn(const OnAttached& on_attached) {
  const Instant deadline = std::min(session_->NextDeadline(), kernel_.links.table().NextDeadline());
  const std::vector<std::uint64_t>& ready = kernel_.poller.Wait(deadline);
  const Instant now = clock_.Now();
  for (const std::uint64_t tag : ready) Handle(tag, now);
  TakeLinkChanges(now);
  if (now >= session_->NextDeadline()) session_->OnTick(now, out_);
  Flush(now, on_attached);
}

void ClientLoop::Handle(std::uint64_t tag, Instant now) {
  switch (tag) {
    case kTunTag:
      return ReadTun(now);
    case kLinksTag:
      if (const absl::Status status = kernel_.links.Read(now); !status.ok()) {
        spdlog::error("link changes: {}", std::string(status.message()));
      }
      return;
    case kControlTag:
      return ServeControl(now);
    case kSignalsTag:
      return ReadSignals(now);
    default:
      return ReadPath(tag - kFirstPath, now);
  }
}

void ClientLoop::ReadTun(Instant now) {
  for (unsigned i = 0; i < kPacketsPerTurn; ++i) {
    const absl::StatusOr<std::size_t> size = kernel_.tun.Read(tun_buffer_);
    if (!size.ok()) return Fail(now, size.status());
    if (*size == 0) return;
    session_->OnInnerPacket(now, ByteView(tun_buffer_.data(), *size), out_);
  }
}

void ClientLoop::ReadPath(std::size_t path, Instant now) {
  paths_[path].socket.Receive(*buffers_, [&](const Endpoint& source, MutableBytes datagram) {
    session_->OnDatagram(now, TransportId{static_cast<std::uint32_t>(path)}, source, datagram,
                         out_);
  });
}

void ClientLoop::ReadSignals(Instant now) {
  signalfd_siginfo info;
  while (read(kernel_.signals.get(), &info, sizeof info) == sizeof info) {
    spdlog::info("signal {}: ending", info.ssi_signo);
    session_->Terminate(now, out_);
  }
}

void ClientLoop::ServeControl(Instant now) {
  kernel_.control.Serve([&](const std::string& request) -> std::string {
    const std::string command = CommandOf(request);
    if (command == "status") return StatusLine(now);
    if (command == "down") {
      spdlog::info("jvpn down: ending");
      session_->Terminate(now, out_);
      return R"({"ok":true})";
    }
    return R"({"error":"unknown command; known: status, down"})";
  });
}

std::string ClientLoop::StatusLine(Instant now) const {
  std::vector<TransportPlace> places;
  for (const Path& path : paths_) {
    places.push_back({path.socket.device(), path.socket.counters()});
  }
  return StatusObject(file_.name, session_->View(now), places).dump();
}

void ClientLoop::TakeLinkChanges(Instant now) {
  std::vector<LinkChange> changes;
  for (const UplinkChange& change : kernel_.links.table().Take(now)) {
    for (std::size_t i = 0; i < paths_.size(); ++i) {
      Path& path = paths_[i];
      if (path.uplink != change.uplink) continue;
      if (path.socket.remote().address.family != change.family) continue;
      if (change.event != UplinkEvent::kDown) {
        if (const absl::Status status = OpenPath(i); !status.ok()) {
          spdlog::error("transport {}: {}", i, std::string(status.message()));
          continue;
        }
      }
      spdlog::info("uplink {} is {}", path.socket.device(),
                   change.event == UplinkEvent::kDown ? "down" : "up");
      changes.push_back({TransportId{static_cast<std::uint32_t>(i)}, ToLinkEvent(change.event)});
    }
  }
  if (!changes.empty()) session_->OnLink(now, changes, out_);
}

// Sending may tell of a way that is gone, which may have more to send: on another way, so that this
// ends with the last transport at the latest.
void ClientLoop::Flush(Instant now, const OnAttached& on_attached) {
  while (!out_.datagrams.empty()) SendAll(now);
  for (const Bytes& packet : out_.packets) kernel_.tun.Write(packet);
  // A notice may bring more (a fault of ours ends the session), so the list is taken first.
  while (!out_.notices.empty()) {
    const std::vector<ClientNotice> notices = std::exchange(out_.notices, {});
    for (const ClientNotice& notice : notices) Notice(now, notice, on_attached);
    while (!out_.datagrams.empty()) SendAll(now);
  }
  out_.Clear();
}

void ClientLoop::SendAll(Instant now) {
  const std::vector<SendDatagram> datagrams = std::exchange(out_.datagrams, {});
  std::vector<ByteView> run;
  for (std::size_t i = 0; i < datagrams.size(); ++i) {
    run.emplace_back(datagrams[i].bytes);
    const TransportId transport = datagrams[i].transport;
    if (i + 1 < datagrams.size() && datagrams[i + 1].transport == transport) continue;
    UdpTransport& socket = paths_[Value(transport)].socket;
    if (socket.is_open() && !socket.Send(run)) session_->OnSendRefused(now, transport, out_);
    run.clear();
  }
}

void ClientLoop::Notice(Instant now, const ClientNotice& notice, const OnAttached& on_attached) {
  if (const auto* configure = std::get_if<Configure>(&notice)) {
    ConfigureTun(now, *configure);
  } else if (const auto* emit = std::get_if<Emit>(&notice)) {
    spdlog::info("{}", ToText(emit->event));
    if (kernel_.audit && !kernel_.audit->Append(emit->event)) {
      spdlog::error("the audit log {} takes no more: {}", file_.audit_file, std::strerror(errno));
    }
  } else if (const auto* attached = std::get_if<Attached>(&notice)) {
    if (fault_) return;
    const Path& path = paths_[Value(attached->transport)];
    on_attached(absl::StrCat(file_.name, ": session ", attached->session.ToString(), " over ",
                             path.socket.device(), " to ", path.socket.remote().ToString()));
  } else if (const auto* ended = std::get_if<Ended>(&notice)) {
    ending_ = fault_ ? *fault_ : Describe(*ended);
    spdlog::log(ending_->status == ExitStatus::kOk ? spdlog::level::info : spdlog::level::err, "{}",
                ending_->sentence);
  }
}

void ClientLoop::ConfigureTun(Instant now, const Configure& configure) {
  TunSettings settings{configure.inner_v4, configure.inner_v6, configure.mtu, {}};
  if (file_.mtu != 0) settings.mtu = std::min<std::uint32_t>(settings.mtu, file_.mtu);
  for (const Prefix& route : configure.routes) {
    if (Accepted(route, file_.routes)) {
      settings.routes.push_back(route);
    } else {
      spdlog::info("route {} is not in interface.routes: left out", route.ToString());
    }
  }
  if (const absl::Status status = kernel_.tun.Configure(settings); !status.ok()) Fail(now, status);
}

void ClientLoop::Fail(Instant now, const absl::Status& status) {
  fault_ = Ending{ExitStatus::kFailed, std::string(status.message())};
  session_->Terminate(now, out_);
}

}  // namespace jvpn
