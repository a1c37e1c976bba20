// SessionSlab: all that a worker knows of one session, in one piece of memory.
//
//   line 0       what every packet reads
//   lines 1-2    what the checks of inner sources and the liveness scan read
//   T lines      receive state, one a transport
//   T lines      transmit state, one a transport
//   T half lines health: what the client reported and what was signalled
//   16 + 16      expanded keys, receive and transmit
//
// T is transports_per_session; with two transports this is 2560 bytes, the budget of the design.
// Ownership  One worker; the control core changes it through SessionProgram only.
// Units      Milliseconds of the monotonic clock where a name ends in _ms; those of 32 bits wrap
//            (49 days) and are only compared by difference.
#pragma once

#include <array>
#include <cstdint>

#include "base/ids.h"
#include "base/time.h"
#include "channel/health_signal.h"
#include "channel/worker_command.h"
#include "crypto/aead.h"
#include "crypto/replay_window.h"
#include "wire/path_frame.h"

namespace jvpn {

inline constexpr std::uint8_t kNoTransport = 0xff;

// No frame is sealed or opened with a counter beyond this one: far below the wrap of 64 bits, so
// that a counter plus one never overflows and a nonce never repeats (docs/wire.md 4).
inline constexpr std::uint64_t kLastCounter = ~std::uint64_t{0} - (1U << 13);

struct alignas(64) SessionHot {
  Generation generation{};  // of the last program; outlives the session, so that a late one loses
  std::uint64_t life_bits = 0;  // HealthSignal::Life as last signalled, 2 bits a transport
  std::int64_t drain_until_ms = 0;
  std::array<std::uint8_t, 4> inner_v4{};
  std::array<std::uint8_t, 16> inner_v6{};
  std::uint32_t validated = 0;  // bit a transport: its addresses are proved
  std::uint16_t inner_mtu = 0;
  std::uint8_t bound = kNoTransport;
  std::uint8_t retired = kNoTransport;
  Suite suite = Suite::kAes128Gcm;
  std::uint8_t key_phase = 0;  // epoch modulo 4
  bool installed = false;
  bool has_v4 = false;
  bool has_v6 = false;
  std::uint8_t allowed_count = 0;
  std::uint8_t transport_count = 0;

  HealthSignal::Life life(std::uint32_t transport) const {
    return static_cast<HealthSignal::Life>(life_bits >> (2 * transport) & 3);
  }
  void set_life(std::uint32_t transport, HealthSignal::Life life) {
    life_bits &= ~(std::uint64_t{3} << (2 * transport));
    life_bits |= static_cast<std::uint64_t>(life) << (2 * transport);
  }
  bool is_validated(std::uint32_t transport) const { return (validated >> transport & 1) != 0; }
};
static_assert(sizeof(SessionHot) == 64);

struct alignas(64) SessionCold {
  Instant installed_at{};
  KeyEpoch epoch{};
  std::uint32_t fresh_after_ms = 0;
  std::uint32_t dead_after_ms = 0;
  std::uint32_t heartbeats_after_ms = 0;
  std::uint32_t loss_window_ms = 0;
  std::uint16_t loss_min_samples = 0;
  std::uint16_t loss_threshold_permille = 0;
  bool watched = false;
  // Inner sources beyond the session's own two.
  std::array<std::array<std::uint8_t, 16>, kMaxAllowedPrefixes> allowed_address{};
  std::array<std::uint8_t, kMaxAllowedPrefixes> allowed_length{};
  std::array<IpFamily, kMaxAllowedPrefixes> allowed_family{};
};
static_assert(sizeof(SessionCold) == 128);

struct alignas(64) RxTransport {
  ReplayWindow window;
  Instant last_heard{};          // the epoch of the clock = never
  std::uint64_t remote_tag = 0;  // EndpointTag of the validated remote address, 0 = none
};
static_assert(sizeof(RxTransport) == 64);

struct alignas(64) TxTransport {
  std::uint64_t counter = 0;  // of the next frame
  std::array<std::uint8_t, 16> remote{};
  std::array<std::uint8_t, 16> local{};
  FlowIndex tx_index;
  FlowIndex rx_index;  // value 0 = not in use
  std::uint16_t remote_port = 0;
  NeighborId next_hop = NeighborId::kNone;
  IpFamily family = IpFamily::kNone;
  std::uint32_t new_address_tag = 0;  // the address of the last kNewAddress, low bits of its tag
  std::uint32_t new_address_ms = 0;
};
static_assert(sizeof(TxTransport) == 64);

// What the client reported of a transport, and what was last signalled of it. Its loss account is
// Liveness's: no packet reads it.
struct ReportedHealth {
  std::uint32_t rtt_us = 0;
  std::uint32_t jitter_us = 0;
  std::uint32_t p95_us = 0;
  std::uint32_t probed_ms = 0;  // the last probe came, or the transport was heard again
  std::uint32_t signalled_ms = 0;
  std::uint16_t signalled_percent = 0;  // of loss
  bool signalled_lossy = false;
  bool signalled_doubtful = false;
  bool signalled_missed = false;
};
static_assert(sizeof(ReportedHealth) <= 32);

// Where the parts lie for a given number of transports.
struct SlabLayout {
  std::uint32_t tx_offset = 0;
  std::uint32_t health_offset = 0;
  std::uint32_t key_offset = 0;
  std::uint32_t stride = 0;

  static constexpr std::uint32_t kRxOffset = sizeof(SessionHot) + sizeof(SessionCold);
  static constexpr SlabLayout For(std::uint32_t transports) {
    SlabLayout layout;
    layout.tx_offset = kRxOffset + transports * std::uint32_t{sizeof(RxTransport)};
    layout.health_offset = layout.tx_offset + transports * std::uint32_t{sizeof(TxTransport)};
    layout.key_offset =
        (layout.health_offset + transports * std::uint32_t{sizeof(ReportedHealth)} + 63) / 64 * 64;
    layout.stride = layout.key_offset + 2 * std::uint32_t{sizeof(AeadKey)};
    return layout;
  }
};
static_assert(SlabLayout::For(2).stride <= 2560, "the budget of one session");

// A view of one slab; copied freely, owns nothing.
class SessionSlab {
 public:
  SessionSlab() = default;
  SessionSlab(std::uint8_t* at, const SlabLayout* layout) : at_(at), layout_(layout) {}

  SessionHot& hot() const { return *Part<SessionHot>(0); }
  SessionCold& cold() const { return *Part<SessionCold>(sizeof(SessionHot)); }
  RxTransport& rx(std::uint32_t transport) const {
    return Part<RxTransport>(SlabLayout::kRxOffset)[transport];
  }
  TxTransport& tx(std::uint32_t transport) const {
    return Part<TxTransport>(layout_->tx_offset)[transport];
  }
  ReportedHealth& health(std::uint32_t transport) const {
    return Part<ReportedHealth>(layout_->health_offset)[transport];
  }
  AeadKey& rx_key() const { return Part<AeadKey>(layout_->key_offset)[0]; }
  AeadKey& tx_key() const { return Part<AeadKey>(layout_->key_offset)[1]; }
  MutableBytes bytes() const { return {at_, layout_->stride}; }

 private:
  template <typename T>
  T* Part(std::uint32_t offset) const {
    return reinterpret_cast<T*>(at_ + offset);
  }

  std::uint8_t* at_ = nullptr;
  const SlabLayout* layout_ = nullptr;
};

}  // namespace jvpn
