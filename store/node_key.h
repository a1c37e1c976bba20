// The node key: what seals the records of this gateway's store. A key file of its own, mode 0600.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "crypto/secret.h"

namespace jvpn {

// Reads the file; makes it, with a random key, if there is none.
absl::StatusOr<Secret32> ReadOrMakeNodeKey(const std::string& path, Random& random);

}  // namespace jvpn
