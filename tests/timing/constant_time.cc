// constant_time: does the time of a comparison tell where it failed? After Reparaz, Balasch and
// Verbauwhede, "Dude, is my code constant time?" (2017): two classes of inputs in random order, the
// time of each, Welch's t over them; |t| above 4.5 is a difference that chance does not explain.
//
// Both classes are refused: one differs from the right value in its first byte, the other in its
// last, and it is that difference which lets a forger find the value byte by byte. The first row is
// a comparison that stops early: a run that does not catch it could catch nothing.
#include <sodium.h>
#include <x86intrin.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "base/check.h"
#include "crypto/aead.h"
#include "crypto/control_seal.h"
#include "crypto/cookie.h"
#include "crypto/mac1.h"
#include "crypto/sodium_random.h"

namespace jvpn {
namespace {

constexpr double kLeaks = 4.5;
constexpr double kSlowest = 0.9;  // measurements beyond this quantile are the machine's, not ours

// Refuses `candidate`, a 16-byte value of one of the classes.
using Verify = std::function<void(ByteView candidate)>;

struct Moments {
  double count = 0;
  double mean = 0;
  double squares = 0;
  void Add(double value) {
    ++count;
    const double delta = value - mean;
    mean += delta / count;
    squares += delta * (value - mean);
  }
  double VarianceOfMean() const { return squares / (count - 1) / count; }
};

double WelchT(const Moments& a, const Moments& b) {
  return (a.mean - b.mean) / std::sqrt(a.VarianceOfMean() + b.VarianceOfMean());
}

struct Measurement {
  bool last;  // its class: wrong in the last byte
  std::uint64_t ticks;
};

std::vector<Measurement> Measure(const Verify& verify, ByteView right, std::size_t count,
                                 Random& random) {
  // A new copy each time at one place, so that only the values differ.
  alignas(64) std::array<std::uint8_t, 16> candidate;
  CHECK(right.size() == candidate.size());
  std::vector<Measurement> all;
  all.reserve(count);
  Bytes coins(count);
  random.Fill(coins);
  for (const std::uint8_t coin : coins) {
    const bool last = (coin & 1) != 0;
    std::copy(right.begin(), right.end(), candidate.begin());
    candidate[last ? 15 : 0] ^= static_cast<std::uint8_t>(coin | 1);
    unsigned core = 0;
    _mm_lfence();
    const std::uint64_t begin = __rdtsc();
    verify(candidate);
    const std::uint64_t end = __rdtscp(&core);
    _mm_lfence();
    all.push_back({last, end - begin});
  }
  return all;
}

double Judge(const std::vector<Measurement>& all) {
  std::vector<std::uint64_t> ticks;
  for (const Measurement& one : all) ticks.push_back(one.ticks);
  const auto nth =
      ticks.begin() + static_cast<std::ptrdiff_t>(static_cast<double>(ticks.size()) * kSlowest);
  std::nth_element(ticks.begin(), nth, ticks.end());
  Moments classes[2];
  for (const Measurement& one : all) {
    if (one.ticks <= *nth) classes[one.last ? 1 : 0].Add(static_cast<double>(one.ticks));
  }
  return WelchT(classes[0], classes[1]);
}

struct Subject {
  std::string name;
  Bytes right;
  Verify verify;
};

Subject EarlyExit(Random& random) {
  Bytes right(16);
  random.Fill(right);
  return {"(control) stops early", right, [right](ByteView candidate) {
            volatile bool same = true;
            for (std::size_t i = 0; i < right.size() && same; ++i) same = right[i] == candidate[i];
          }};
}

Subject Tag(Suite suite, AeadEngine& engine, Random& random) {
  auto key = std::make_shared<AeadKey>();
  Secret32 secret;
  random.Fill(secret.writable());
  engine.ExpandKey(suite, secret, *key);
  auto frame = std::make_shared<Bytes>(16 + 64 + 16);
  AeadJob job;
  job.key = key.get();
  job.header = frame->data();
  job.payload = frame->data() + 16;
  job.length = 64;
  engine.Seal(suite, std::span<AeadJob>(&job, 1));
  const Bytes sealed = *frame;
  return {"tag of " + std::string(Name(suite)), Bytes(sealed.end() - 16, sealed.end()),
          [&engine, suite, key, frame, sealed, job](ByteView candidate) mutable {
            std::copy(sealed.begin(), sealed.end() - 16, frame->begin());
            std::copy(candidate.begin(), candidate.end(), frame->end() - 16);
            engine.Open(suite, std::span<AeadJob>(&job, 1));
            CHECK(!job.verified);
          }};
}

Subject OfMac1(Random& random) {
  PublicKey key;
  random.Fill(key);
  Bytes input(368);
  random.Fill(input);
  const Mac1 mac1(key);
  std::array<std::uint8_t, 16> right;
  mac1.Compute(input, right);
  return {"mac1", Bytes(right.begin(), right.end()),
          [mac1, input](ByteView candidate) { CHECK(!mac1.Verify(input, candidate)); }};
}

Subject OfCookie(Random& random) {
  Cookie cookie;
  random.Fill(cookie.writable());
  Bytes input(384);
  random.Fill(input);
  std::array<std::uint8_t, 16> right;
  ComputeMac2(cookie, input, right);
  return {"mac2 (cookie)", Bytes(right.begin(), right.end()),
          [cookie, input](ByteView candidate) { CHECK(!VerifyMac2(cookie, input, candidate)); }};
}

Subject Proof(Random& random) {
  Secret32 key;
  random.Fill(key.writable());
  const Bytes sealed = SealControl(key, Bytes(8), Bytes(48), random);
  return {"proof (session control)", Bytes(sealed.end() - 16, sealed.end()),
          [key, sealed](ByteView candidate) {
            Bytes frame = sealed;
            std::copy(candidate.begin(), candidate.end(), frame.end() - 16);
            CHECK(!OpenControl(key, frame));
          }};
}

int Main(std::size_t count) {
  InitCrypto();
  SodiumRandom random;
  auto engine = AeadEngine::Create(AeadEngine::Sharing::kProcess);
  CHECK(engine.ok());
  std::vector<Subject> subjects = {EarlyExit(random)};
  for (const Suite suite : {Suite::kAes128Gcm, Suite::kAes256Gcm, Suite::kChaCha20Poly1305}) {
    subjects.push_back(Tag(suite, **engine, random));
  }
  subjects.push_back(OfMac1(random));
  subjects.push_back(OfCookie(random));
  subjects.push_back(Proof(random));
  std::printf("%-28s %12s %10s\n", "comparison", "measurements", "t");
  int leaks = 0;
  bool control = false;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    Measure(subjects[i].verify, subjects[i].right, count / 10, random);  // warm
    const double t = Judge(Measure(subjects[i].verify, subjects[i].right, count, random));
    const bool leaky = std::abs(t) > kLeaks;
    std::printf("%-28s %12zu %10.1f%s\n", subjects[i].name.c_str(), count, t,
                leaky ? "  its time tells" : "");
    if (i == 0) control = leaky;
    if (i > 0 && leaky) ++leaks;
  }
  if (!control) std::printf("the control was not caught: this run proves nothing\n");
  return leaks > 0 || !control ? 1 : 0;
}

}  // namespace
}  // namespace jvpn

int main(int argc, char** argv) {
  return jvpn::Main(argc > 1 ? std::stoull(argv[1]) : std::size_t{1'000'000});
}
