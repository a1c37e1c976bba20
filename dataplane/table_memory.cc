#include "dataplane/table_memory.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace jvpn {
namespace {

constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;

void* Map(std::size_t bytes, int extra_flags) {
  void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | extra_flags,
                  -1, 0);
  return at == MAP_FAILED ? nullptr : at;
}

}  // namespace

TableMemory::TableMemory(TableMemory&& other) noexcept
    : at_(std::exchange(other.at_, nullptr)), size_(std::exchange(other.size_, 0)) {}

TableMemory& TableMemory::operator=(TableMemory&& other) noexcept {
  std::swap(at_, other.at_);
  std::swap(size_, other.size_);
  return *this;
}

TableMemory::~TableMemory() {
  if (at_ != nullptr) munmap(at_, size_);
}

absl::StatusOr<TableMemory> TableMemory::Take(std::size_t bytes, bool hugepages,
                                              const std::string& what) {
  const bool huge_worth = bytes >= kHugePageBytes;
  const std::size_t unit = huge_worth ? kHugePageBytes : std::size_t{4096};
  const std::size_t size = (bytes + unit - 1) / unit * unit;
  void* at = hugepages && huge_worth ? Map(size, MAP_HUGETLB | MAP_POPULATE) : nullptr;
  if (at == nullptr) {
    at = Map(size, 0);
    if (at == nullptr) {
      return absl::ResourceExhaustedError(absl::StrCat("no memory for the ", what, " (", size >> 20,
                                                       " MiB): ", std::strerror(errno),
                                                       "; lower [sessions] max or add memory"));
    }
    // Advice only: without it the table works, slower.
    if (huge_worth) madvise(at, size, MADV_HUGEPAGE);
  }
  madvise(at, size, MADV_DONTDUMP);
  return TableMemory(static_cast<std::uint8_t*>(at), size);
}

}  // namespace jvpn
