#include "dataplane/flow_table.h"

#include <bit>

namespace jvpn {

absl::StatusOr<FlowTable> FlowTable::Create(std::uint32_t slots, bool hugepages) {
  CHECK(std::has_single_bit(slots));
  auto memory =
      TableMemory::Take(std::size_t{slots} * sizeof(Entry), hugepages, "table of flow indices");
  if (!memory.ok()) return memory.status();
  return FlowTable(*std::move(memory), slots);
}

}  // namespace jvpn
