#include "client/last_words.h"

#include <unistd.h>

#include <fstream>

#include "base/text_file.h"

namespace jvpn {
namespace {

std::string PathOf(const std::string& control_socket) { return control_socket + ".ended"; }

}  // namespace

void LeaveLastWords(const std::string& control_socket, const Ending& ending) {
  std::ofstream file(PathOf(control_socket), std::ios::trunc);
  file << ending.sentence << '\n';
}

void RemoveLastWords(const std::string& control_socket) { unlink(PathOf(control_socket).c_str()); }

std::optional<std::string> ReadLastWords(const std::string& control_socket) {
  const absl::StatusOr<std::string> text = ReadTextFile(PathOf(control_socket));
  if (!text.ok()) return std::nullopt;
  return text->substr(0, text->find('\n'));
}

}  // namespace jvpn
