// Last words: what a client that ended by itself leaves beside its control socket, so that `jvpn
// status` can say why nothing runs. A file; the next start removes it.
#pragma once

#include <optional>
#include <string>

#include "client/ending.h"

namespace jvpn {

void LeaveLastWords(const std::string& control_socket, const Ending& ending);
void RemoveLastWords(const std::string& control_socket);
std::optional<std::string> ReadLastWords(const std::string& control_socket);

}  // namespace jvpn
