// SpscRing: a bounded first-in-first-out of values between exactly two threads.
//
// Ownership  One producer calls TryPush, one consumer calls TryPop; nobody else calls anything.
// When full  TryPush returns false and the value is not taken. Nobody waits.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>

namespace jvpn {

inline constexpr std::size_t kCacheLineBytes = 64;

template <typename T, std::uint32_t Capacity>
class SpscRing {
  static_assert(std::has_single_bit(Capacity), "the index is masked");

 public:
  // Producer only.
  bool TryPush(const T& value) {
    const std::uint32_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ == Capacity) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail - head_seen_ == Capacity) return false;
    }
    (*slots_)[tail & (Capacity - 1)] = value;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  // Consumer only.
  bool TryPop(T& value) {
    const std::uint32_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_seen_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (head == tail_seen_) return false;
    }
    value = (*slots_)[head & (Capacity - 1)];
    // A slot may have held keys; what the consumer took, the ring forgets.
    (*slots_)[head & (Capacity - 1)] = T{};
    head_.store(head + 1, std::memory_order_release);
    return true;
  }

  // Producer only: so many more it takes for sure.
  std::uint32_t Free() const {
    return Capacity -
           (tail_.load(std::memory_order_relaxed) - head_.load(std::memory_order_acquire));
  }

  // Either of the two: nothing is left to take, as far as this thread can see.
  bool Empty() const {
    return head_.load(std::memory_order_acquire) == tail_.load(std::memory_order_acquire);
  }

 private:
  // producer: rw, consumer: ro
  alignas(kCacheLineBytes) std::atomic<std::uint32_t> tail_{0};
  std::uint32_t head_seen_ = 0;  // producer only: a stale head_, refreshed when the ring looks full

  // producer: ro, consumer: rw
  alignas(kCacheLineBytes) std::atomic<std::uint32_t> head_{0};
  std::uint32_t tail_seen_ = 0;  // consumer only: a stale tail_, refreshed when it looks empty

  alignas(kCacheLineBytes) std::unique_ptr<std::array<T, Capacity>> slots_ =
      std::make_unique<std::array<T, Capacity>>();
};

}  // namespace jvpn
