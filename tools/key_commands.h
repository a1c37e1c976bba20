// genkey, pubkey and genpsk: keys in the form that WireGuard's tools write, so that either tool's
// keys serve both. Standard output carries the key and nothing else.
#pragma once

#include <iosfwd>
#include <string>

#include "absl/status/statusor.h"
#include "base/random.h"

namespace jvpn {

// Base64, without a newline.
std::string GenerateSecretKey(Random& random);
std::string GeneratePresharedKey(Random& random);
// Reads a secret key in base64 from `in`; one trailing newline is allowed.
absl::StatusOr<std::string> PublicKeyOf(std::istream& in);

}  // namespace jvpn
