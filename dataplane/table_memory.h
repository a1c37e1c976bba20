// TableMemory: one zeroed region for a worker's table, taken once at start and given back at the
// end.
//
// On 2 MiB pages when asked for and free, else on ordinary ones with transparent huge pages
// advised: a million sessions do not fit what the TLB reaches with 4 KiB. Left out of core dumps,
// because session slabs hold keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "base/bytes.h"

namespace jvpn {

class TableMemory {
 public:
  TableMemory() = default;
  TableMemory(TableMemory&& other) noexcept;
  TableMemory& operator=(TableMemory&& other) noexcept;
  ~TableMemory();

  // Page-aligned. `what` names the table in the sentence of an error.
  static absl::StatusOr<TableMemory> Take(std::size_t bytes, bool hugepages,
                                          const std::string& what);

  std::uint8_t* at() const { return at_; }
  std::size_t size() const { return size_; }

 private:
  TableMemory(std::uint8_t* at, std::size_t size) : at_(at), size_(size) {}

  std::uint8_t* at_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace jvpn
