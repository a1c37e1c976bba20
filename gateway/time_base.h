// ReadTimeBase: which boot of this machine the monotonic clock belongs to, and how far the wall
// clock is ahead of it.
#pragma once

#include "absl/status/statusor.h"
#include "base/time.h"
#include "control/session_record.h"

namespace jvpn {

absl::StatusOr<TimeBase> ReadTimeBase(Instant now);

}  // namespace jvpn
