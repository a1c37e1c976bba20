// Counter: one thread adds, any thread reads. Compiles to a plain load, add and store.
#pragma once

#include <atomic>
#include <cstdint>

namespace jvpn {

class Counter {
 public:
  // The owner only.
  void Add(std::uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t Get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace jvpn
