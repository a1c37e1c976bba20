#include "tools/key_commands.h"

#include <istream>

#include "crypto/key_file.h"
#include "crypto/noise.h"

namespace jvpn {

std::string GenerateSecretKey(Random& random) {
  const KeyPair pair = KeyPair::Generate(random);
  return EncodeBase64(pair.secret.view());
}

std::string GeneratePresharedKey(Random& random) {
  Secret32 key;
  random.Fill(key.writable());
  return EncodeBase64(key.view());
}

absl::StatusOr<std::string> PublicKeyOf(std::istream& in) {
  std::string line;
  std::getline(in, line);
  const absl::StatusOr<Secret32> secret = DecodeSecretKey(line);
  sodium_memzero(line.data(), line.size());
  if (!secret.ok()) return secret.status();
  return EncodeBase64(KeyPair::FromSecret(*secret).public_key);
}

}  // namespace jvpn
