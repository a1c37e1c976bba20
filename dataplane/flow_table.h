// FlowTable: flow index of a data frame -> session slot and transport of this worker.
//
// One array access and one comparison of all 32 bits. The control core hands out an index only if
// its position (FlowTablePosition) is free on the owner, so there is nothing to probe. Ownership
// One worker. When wrong An index that was never set, or was removed, finds nothing. Setting an
// occupied position
//            replaces what was there: the newest program is right.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "channel/worker_command.h"
#include "dataplane/table_memory.h"

namespace jvpn {

// A flow's place: session slot and transport in one word, so that an entry is 8 bytes.
struct FlowPlace {
  static constexpr std::uint32_t kTransportBits = 5;
  static_assert(kMaxTransports <= 1U << kTransportBits);

  std::uint32_t packed = 0;

  static FlowPlace Of(SessionSlot session, std::uint32_t transport) {
    return {Value(session) << kTransportBits | transport};
  }
  SessionSlot session() const { return SessionSlot{packed >> kTransportBits}; }
  std::uint32_t transport() const { return packed & ((1U << kTransportBits) - 1); }
};

class FlowTable {
 public:
  static absl::StatusOr<FlowTable> Create(std::uint32_t slots, bool hugepages);

  void Prefetch(FlowIndex index) const { __builtin_prefetch(&At(index)); }
  // False when nobody holds the index; 0 names nothing.
  bool Find(FlowIndex index, FlowPlace& place) const {
    const Entry& entry = At(index);
    if (entry.index != index.value || index.value == 0) return false;
    place = entry.place;
    return true;
  }
  void Set(FlowIndex index, FlowPlace place) { At(index) = {index.value, place}; }
  // Only if the position still is this flow's.
  void Erase(FlowIndex index) {
    if (At(index).index == index.value) At(index) = {};
  }

 private:
  struct Entry {
    std::uint32_t index = 0;
    FlowPlace place;
  };
  static_assert(sizeof(Entry) == 8);

  FlowTable(TableMemory memory, std::uint32_t slots)
      : memory_(std::move(memory)),
        entries_(reinterpret_cast<Entry*>(memory_.at())),
        slots_(slots) {}

  Entry& At(FlowIndex index) { return entries_[FlowTablePosition(index, slots_)]; }
  const Entry& At(FlowIndex index) const { return entries_[FlowTablePosition(index, slots_)]; }

  TableMemory memory_;
  Entry* entries_;
  std::uint32_t slots_;
};

}  // namespace jvpn
