#include "control/session_record.h"

#include <algorithm>

#include "base/byte_cursor.h"
#include "base/check.h"
#include "base/limits.h"

namespace jvpn {
namespace {

// The bounds of the policy: commits in a minute, failures in a window, counters of a replay window.
constexpr std::size_t kMaxInstants = 1100;
constexpr std::size_t kMaxCounters = 256;
constexpr std::size_t kMaxParameters = 64;
constexpr std::size_t kMaxRecord = 64 * 1024;

void WriteInstant(ByteWriter& to, InstantMs at) {
  to.U64(static_cast<std::uint64_t>(at.time_since_epoch().count()));
}
void WriteMillis(ByteWriter& to, Millis span) { to.U64(static_cast<std::uint64_t>(span.count())); }

void WriteInstants(ByteWriter& to, const std::vector<InstantMs>& all) {
  const std::size_t count = std::min(all.size(), kMaxInstants);
  to.U16(static_cast<std::uint16_t>(count));
  for (std::size_t i = all.size() - count; i < all.size(); ++i) WriteInstant(to, all[i]);
}

void WriteAddress(ByteWriter& to, const IpAddress& address) {
  to.U8(static_cast<std::uint8_t>(address.family));
  to.Copy(address.bytes);
}

void WriteEndpoint(ByteWriter& to, const Endpoint& endpoint) {
  WriteAddress(to, endpoint.address);
  to.U16(endpoint.port);
}

void WriteSnapshot(ByteWriter& to, const SessionSnapshot& s) {
  to.U8(static_cast<std::uint8_t>(s.state));
  to.U32(s.version);
  WriteInstant(to, s.birth);
  to.U8(s.expiry_announced ? 1 : 0);
  to.U32(Value(s.active));
  to.U32(Value(s.previous));
  to.U32(s.binding_epoch);
  to.U32(s.key_epoch);
  WriteMillis(to, s.transportless_age);
  WriteMillis(to, s.rate_held);
  to.U32(Value(s.target));
  WriteInstants(to, s.commits);
  WriteInstants(to, s.failures);
  WriteInstants(to, s.rebounds);
  WriteInstant(to, s.cooldown_until);
}

void WriteTransports(ByteWriter& to, const std::vector<StoredTransport>& transports) {
  CHECK(transports.size() <= kMaxTransports);
  to.U8(static_cast<std::uint8_t>(transports.size()));
  for (const StoredTransport& transport : transports) {
    to.U32(transport.rx_index.value);
    to.U32(transport.tx_index.value);
    to.U8(transport.validated ? 1 : 0);
    WriteEndpoint(to, transport.remote);
    WriteEndpoint(to, transport.local);
  }
}

class RecordReader {
 public:
  explicit RecordReader(ByteView from) : from_(from) {}

  ByteReader& raw() { return from_; }
  InstantMs Instant() { return InstantMs{Span()}; }
  Millis Span() { return Millis{static_cast<std::int64_t>(from_.U64())}; }
  bool Flag() {
    const std::uint8_t value = from_.U8();
    Expect(value <= 1);
    return value == 1;
  }
  std::vector<InstantMs> Instants() {
    std::vector<InstantMs> all(Count(from_.U16(), kMaxInstants));
    for (InstantMs& at : all) at = Instant();
    Expect(std::is_sorted(all.begin(), all.end()));
    return all;
  }
  TransportId Transport() {
    const TransportId id{from_.U32()};
    Expect(id == TransportId::kNone || Value(id) < kMaxTransports);
    return id;
  }
  IpAddress Address() {
    IpAddress address;
    const std::uint8_t family = from_.U8();
    Expect(family == 0 || family == 4 || family == 6);
    address.family = static_cast<IpFamily>(family);
    address.bytes = from_.Array<16>();
    return address;
  }
  Endpoint ReadEndpoint() {
    Endpoint endpoint;
    endpoint.address = Address();
    endpoint.port = from_.U16();
    return endpoint;
  }
  std::size_t Count(std::size_t count, std::size_t most) {
    Expect(count <= most);
    return count <= most && from_.ok() ? count : 0;
  }
  void Expect(bool in_range) { in_range_ = in_range_ && in_range; }
  bool ReadToTheEnd() const { return in_range_ && from_.ok() && from_.rest().empty(); }

 private:
  ByteReader from_;
  bool in_range_ = true;
};

SessionSnapshot ReadSnapshot(RecordReader& from, const SessionId& id) {
  SessionSnapshot s;
  s.id = id;
  const std::uint8_t state = from.raw().U8();
  from.Expect(state > static_cast<std::uint8_t>(State::kBirth) &&
              state < static_cast<std::uint8_t>(State::kTerminated));
  s.state = static_cast<State>(state);
  s.version = from.raw().U32();
  s.birth = from.Instant();
  s.expiry_announced = from.Flag();
  s.active = from.Transport();
  s.previous = from.Transport();
  s.binding_epoch = from.raw().U32();
  s.key_epoch = from.raw().U32();
  s.transportless_age = from.Span();
  s.rate_held = from.Span();
  s.target = from.Transport();
  s.commits = from.Instants();
  s.failures = from.Instants();
  s.rebounds = from.Instants();
  s.cooldown_until = from.Instant();
  from.Expect(s.state != State::kAttached || s.active != TransportId::kNone);
  from.Expect(s.state != State::kRecovering || s.target != TransportId::kNone);
  return s;
}

void ReadTransports(RecordReader& from, SessionRecord& record) {
  record.transports.resize(from.Count(from.raw().U8(), kMaxTransports));
  from.Expect(!record.transports.empty());
  for (StoredTransport& transport : record.transports) {
    transport.rx_index = FlowIndex{from.raw().U32()};
    transport.tx_index = FlowIndex{from.raw().U32()};
    transport.validated = from.Flag();
    transport.remote = from.ReadEndpoint();
    transport.local = from.ReadEndpoint();
  }
  for (const TransportId id :
       {record.snapshot.active, record.snapshot.previous, record.snapshot.target}) {
    from.Expect(id == TransportId::kNone || Value(id) < record.transports.size());
  }
}

}  // namespace

Bytes EncodeRecord(const SessionRecord& record) {
  Bytes bytes(kMaxRecord);
  ByteWriter to(bytes);
  to.Copy(record.base.boot_id);
  WriteMillis(to, record.base.wall_offset);
  WriteInstant(to, record.saved_at);
  to.Copy(record.peer);
  to.Copy(record.last_handshake);
  WriteAddress(to, record.inner.v4);
  WriteAddress(to, record.inner.v6);
  to.U8(static_cast<std::uint8_t>(record.suite));
  to.Copy(record.root.view());
  to.Copy(record.mix.client);
  to.Copy(record.mix.gateway);
  to.U64(record.mix.boot_epoch);
  WriteSnapshot(to, record.snapshot);
  to.U64(record.greatest_counter);
  const auto& recent = record.recent_counters;
  const std::size_t kept = std::min(recent.size(), kMaxCounters);
  to.U16(static_cast<std::uint16_t>(kept));
  for (std::size_t i = recent.size() - kept; i < recent.size(); ++i) to.U64(recent[i]);
  WriteTransports(to, record.transports);
  CHECK(record.client_policy.size() <= kMaxParameters);
  to.U8(static_cast<std::uint8_t>(record.client_policy.size()));
  for (const auto& [parameter, value] : record.client_policy) {
    to.U8(parameter);
    to.U32(value);
  }
  CHECK(record.policy_id.size() <= 255);
  to.U8(static_cast<std::uint8_t>(record.policy_id.size()));
  to.Copy(
      {reinterpret_cast<const std::uint8_t*>(record.policy_id.data()), record.policy_id.size()});
  CHECK(to.ok());
  bytes.resize(to.written());
  return bytes;
}

std::optional<SessionRecord> DecodeRecord(const SessionId& id, ByteView plaintext) {
  RecordReader from(plaintext);
  SessionRecord record;
  record.base.boot_id = from.raw().Array<16>();
  record.base.wall_offset = from.Span();
  record.saved_at = from.Instant();
  record.peer = from.raw().Array<32>();
  record.last_handshake = from.raw().Array<std::tuple_size_v<Timestamp>>();
  record.inner.v4 = from.Address();
  record.inner.v6 = from.Address();
  const auto suite = SuiteFromWire(from.raw().U8());
  from.Expect(suite.has_value());
  record.suite = suite.value_or(Suite::kAes128Gcm);
  const ByteView root = from.raw().Take(32);
  if (root.size() == 32) std::copy(root.begin(), root.end(), record.root.writable().begin());
  record.mix.client = from.raw().Array<16>();
  record.mix.gateway = from.raw().Array<16>();
  record.mix.boot_epoch = from.raw().U64();
  record.snapshot = ReadSnapshot(from, id);
  record.greatest_counter = from.raw().U64();
  record.recent_counters.resize(from.Count(from.raw().U16(), kMaxCounters));
  for (std::uint64_t& counter : record.recent_counters) counter = from.raw().U64();
  ReadTransports(from, record);
  record.client_policy.resize(from.Count(from.raw().U8(), kMaxParameters));
  for (auto& [parameter, value] : record.client_policy) {
    parameter = from.raw().U8();
    value = from.raw().U32();
  }
  const ByteView policy = from.raw().Take(from.raw().U8());
  record.policy_id.assign(policy.begin(), policy.end());
  if (!from.ReadToTheEnd()) return std::nullopt;
  return record;
}

void Rebase(SessionRecord& record, const TimeBase& base, InstantMs now) {
  Millis shift{0};
  // Another boot: its clock began elsewhere, and only the wall clock saw both.
  if (record.base.boot_id != base.boot_id) shift = record.base.wall_offset - base.wall_offset;
  // A wall clock that went back must not make the future of the past.
  shift = std::min(shift, now - record.saved_at);
  SessionSnapshot& s = record.snapshot;
  for (auto* all : {&s.commits, &s.failures, &s.rebounds}) {
    for (InstantMs& at : *all) at = std::min(at + shift, now);
  }
  s.birth = std::min(s.birth + shift, now);
  if (s.cooldown_until != InstantMs::min()) s.cooldown_until += shift;
  record.saved_at += shift;
  record.base = base;
}

}  // namespace jvpn
