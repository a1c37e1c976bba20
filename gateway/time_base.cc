#include "gateway/time_base.h"

#include <sodium.h>

#include <chrono>

#include "absl/strings/str_cat.h"
#include "base/text_file.h"

namespace jvpn {

absl::StatusOr<TimeBase> ReadTimeBase(Instant now) {
  constexpr char kBootId[] = "/proc/sys/kernel/random/boot_id";
  const absl::StatusOr<std::string> text = ReadTextFile(kBootId);
  if (!text.ok()) return text.status();
  TimeBase base;
  std::size_t read = 0;
  if (sodium_hex2bin(base.boot_id.data(), base.boot_id.size(), text->data(), text->size(), "-\n",
                     &read, nullptr) != 0 ||
      read != base.boot_id.size()) {
    return absl::UnavailableError(absl::StrCat(kBootId, ": is no boot id; /proc must be mounted"));
  }
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  base.wall_offset = std::chrono::duration_cast<Millis>(wall) - FloorMs(now).time_since_epoch();
  return base;
}

}  // namespace jvpn
