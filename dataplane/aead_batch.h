// AeadBatch: the frames of one burst, sorted by suite, because the engine works on one suite a
// call.
//
// Ownership  One worker. A job stays valid until Clear().
#pragma once

#include <array>
#include <cstdint>

#include "base/check.h"
#include "base/limits.h"
#include "crypto/aead.h"

namespace jvpn {

class AeadBatch {
 public:
  AeadJob& Add(Suite suite) {
    OfSuite& of = suites_[static_cast<std::size_t>(suite) - 1];
    DCHECK(of.count < of.jobs.size());
    return of.jobs[of.count++];
  }
  void Open(AeadEngine& engine) {
    for (std::size_t i = 0; i < suites_.size(); ++i) {
      if (suites_[i].count > 0) engine.Open(static_cast<Suite>(i + 1), suites_[i].span());
    }
  }
  void Seal(AeadEngine& engine) {
    for (std::size_t i = 0; i < suites_.size(); ++i) {
      if (suites_[i].count > 0) engine.Seal(static_cast<Suite>(i + 1), suites_[i].span());
    }
  }
  void Clear() {
    for (OfSuite& of : suites_) of.count = 0;
  }

 private:
  struct OfSuite {
    std::uint32_t count = 0;
    std::array<AeadJob, kBurstPackets> jobs;
    std::span<AeadJob> span() { return {jobs.data(), count}; }
  };

  std::array<OfSuite, 3> suites_;  // by Suite, which counts from 1
};

}  // namespace jvpn
