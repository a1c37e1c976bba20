#include "control/handshake_gate.h"

namespace jvpn {
namespace {

constexpr Duration kLoadedFor = std::chrono::seconds(1);
constexpr std::size_t kShares = 1024;
constexpr std::size_t kV6NetworkBytes = 8;

}  // namespace

HandshakeGate::HandshakeGate(const PublicKey& gateway, Random& random)
    : mac1_(gateway),
      jar_(gateway, random),
      random_(random),
      shares_(kShares, TokenBucket(kHandshakesPerSource, kSourceBurst)) {}

bool HandshakeGate::Loaded(Instant now) {
  if (!calm_.Take(now)) loaded_until_ = now + kLoadedFor;
  return now < loaded_until_;
}

TokenBucket& HandshakeGate::ShareOf(const IpAddress& source) {
  if (share_key_.is_zero()) random_.Fill(share_key_.writable());
  const ByteView network = source.is_v6() ? source.view().first(kV6NetworkBytes) : source.view();
  std::uint8_t hash[crypto_shorthash_BYTES];
  static_assert(crypto_shorthash_KEYBYTES == 16);
  crypto_shorthash(hash, network.data(), network.size(), share_key_.view().data());
  return shares_[LoadBe64(hash) % kShares];
}

HandshakeGate::Verdict HandshakeGate::Judge(const HandshakeFrame& init, const Endpoint& source,
                                            Instant now) {
  if (!mac1_.Verify(init.mac_input, init.mac1)) return Verdict::kBadMac1;
  if (Loaded(now)) {
    if (!jar_.Proves(init, source, now)) return Verdict::kCookie;
    if (!ShareOf(source.address).Take(now)) return Verdict::kOverRate;
  }
  if (!work_.Take(now)) return Verdict::kOverRate;
  ++admitted_;
  return Verdict::kAdmit;
}

}  // namespace jvpn
