// Key files: 32 bytes in base64 and a newline, as WireGuard's tools write them.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/secret.h"

namespace jvpn {

std::string EncodeBase64(ByteView key);
absl::StatusOr<PublicKey> DecodePublicKey(const std::string& base64);
absl::StatusOr<Secret32> DecodeSecretKey(const std::string& base64);

// Refuses a file that anybody but its owner may read (mode & 077), with a sentence that says how to
// mend it.
absl::StatusOr<Secret32> ReadSecretKeyFile(const std::string& path);

}  // namespace jvpn
