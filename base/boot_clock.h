// BootClock: CLOCK_BOOTTIME, so that a suspended machine's sessions still age (FM-5-a).
#pragma once

#include "base/time.h"

namespace jvpn {

class BootClock final : public Clock {
 public:
  Instant Now() const override;
};

}  // namespace jvpn
