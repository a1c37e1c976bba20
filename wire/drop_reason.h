// DropReason: why a packet went no further. One list gives the enum, the counter and the help text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace jvpn {

// X(enumerator, "name as jvpnctl prints it", "help")
#define JVPN_DROP_REASONS(X)                                                                      \
  X(kMalformedEthernet, "malformed_ethernet", "cut short, or an unknown ethertype or VLAN")       \
  X(kMalformedIp, "malformed_ip", "IP header cut short, wrong length or wrong version")           \
  X(kFragment, "fragment", "an IP fragment: jvpn never sends any")                                \
  X(kNotOurs, "not_ours", "addressed to somebody else")                                           \
  X(kTooShort, "too_short", "shorter than the frame that its type promises")                      \
  X(kTooLong, "too_long", "longer than any frame of its type")                                    \
  X(kUnknownType, "unknown_type", "not a jvpn frame type")                                        \
  X(kReservedBits, "reserved_bits", "a reserved field is not zero")                               \
  X(kUnknownFlow, "unknown_flow", "no session has this flow index")                               \
  X(kUnknownEpoch, "unknown_epoch", "key phase of no key that is held")                           \
  X(kReplayed, "replayed", "counter seen before, or older than the window")                       \
  X(kBadTag, "bad_tag", "authentication tag did not verify")                                      \
  X(kMalformedInner, "malformed_inner", "plaintext is neither an IP packet nor path frames")      \
  X(kWrongInnerSource, "wrong_inner_source", "inner source is not the session's own")             \
  X(kNotBound, "not_bound", "session data on a transport that is not bound")                      \
  X(kNoRoute, "no_route", "inner destination belongs to no session and no network")               \
  X(kNoBinding, "no_binding", "the session has no bound transport now")                           \
  X(kNotValidated, "not_validated", "the transport's address is not proved yet")                  \
  X(kInnerTooBig, "inner_too_big", "inner packet larger than the tunnel's MTU")                   \
  X(kTtlExpired, "ttl_expired", "inner TTL or hop limit used up")                                 \
  X(kNoNeighbor, "no_neighbor", "next hop's link address not resolved yet")                       \
  X(kCounterExhausted, "counter_exhausted", "the transport's packet counter reached its end")     \
  X(kLaneFull, "lane_full", "control core's ring was full")                                       \
  X(kHandoffFull, "handoff_full", "owner worker's ring was full")                                 \
  X(kTxFull, "tx_full", "the port took no more")                                                  \
  X(kNoBuffer, "no_buffer", "no packet buffer free")                                              \
  X(kBadMac1, "bad_mac1", "handshake frame without a valid mac1")                                 \
  X(kNoCookie, "no_cookie", "handshake init without a cookie while under load: asked to get one") \
  X(kBadHandshake, "bad_handshake", "handshake did not authenticate, or from an unknown peer")    \
  X(kOldTimestamp, "old_timestamp", "handshake timestamp not greater than the last")              \
  X(kBadControl, "bad_control", "session control frame that did not open or parse")               \
  X(kRateLimited, "rate_limited", "over the rate for frames of its kind")

enum class DropReason : std::uint8_t {
#define X(enumerator, name, help) enumerator,
  JVPN_DROP_REASONS(X)
#undef X
};

inline constexpr auto kDropReasonNames = std::to_array<std::string_view>({
#define X(enumerator, name, help) name,
    JVPN_DROP_REASONS(X)
#undef X
});

inline constexpr auto kDropReasonHelp = std::to_array<std::string_view>({
#define X(enumerator, name, help) help,
    JVPN_DROP_REASONS(X)
#undef X
});

inline constexpr std::size_t kDropReasons = kDropReasonNames.size();
using DropCounters = std::array<std::uint64_t, kDropReasons>;

}  // namespace jvpn
