// `jvpn down` and `jvpn status`: ask a running client through its control socket.
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "base/text_file.h"
#include "client/commands.h"
#include "client/config.h"
#include "client/control_server.h"
#include "client/last_words.h"
#include "client/status.h"

namespace jvpn {
namespace {

void Complain(const std::string& sentence) { std::fprintf(stderr, "jvpn: %s\n", sentence.c_str()); }

// Default sockets of the clients that run; if none does, of those that left their last words.
std::vector<std::string> KnownSockets() {
  std::vector<std::string> running;
  std::vector<std::string> ended;
  const std::filesystem::path folder =
      std::filesystem::path(DefaultControlSocket("x")).parent_path();
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("client-")) continue;
    if (name.ends_with(".sock")) running.push_back(entry.path().string());
    if (name.ends_with(".sock.ended")) {
      ended.push_back(entry.path().parent_path() / entry.path().stem());
    }
  }
  return running.empty() ? ended : running;
}

// nullopt after one sentence to the user.
std::optional<std::string> SocketOf(const std::string& which) {
  if (which.empty()) {
    const std::vector<std::string> sockets = KnownSockets();
    if (sockets.size() == 1) return sockets.front();
    Complain(sockets.empty()
                 ? "no client has its control socket in /run/jvpn; if yours has it "
                   "elsewhere, name its configuration file"
                 : "several clients are known; name one: " + absl::StrJoin(sockets, ", "));
    return std::nullopt;
  }
  const bool is_file = which.find('/') != std::string::npos || which.ends_with(".toml");
  if (!is_file) return DefaultControlSocket(which);
  const absl::StatusOr<std::string> text = ReadTextFile(which);
  if (!text.ok()) {
    Complain(std::string(text.status().message()));
    return std::nullopt;
  }
  const auto parsed = ParseClientFile(*text, which);
  if (const auto* file = std::get_if<ClientFile>(&parsed)) return file->control_socket;
  Complain(absl::StrJoin(std::get<ClientFileFaults>(parsed), "\n"));
  return std::nullopt;
}

// The reply, or nullopt after one sentence to the user.
std::optional<std::string> Ask(const std::string& socket, const char* command, bool wait_for_end) {
  const std::string request = nlohmann::json{{"command", command}}.dump();
  const absl::StatusOr<std::string> reply = AskClient(socket, request, wait_for_end);
  if (reply.ok()) return *reply;
  std::string sentence(reply.status().message());
  if (absl::IsNotFound(reply.status())) {
    if (const auto words = ReadLastWords(socket)) sentence += "; the last one: " + *words;
  }
  Complain(sentence);
  return std::nullopt;
}

}  // namespace

ExitStatus Down(const std::string& which) {
  const std::optional<std::string> socket = SocketOf(which);
  if (!socket) return ExitStatus::kFailed;
  return Ask(*socket, "down", true) ? ExitStatus::kOk : ExitStatus::kFailed;
}

ExitStatus Status(const std::string& which, bool as_json) {
  const std::optional<std::string> socket = SocketOf(which);
  if (!socket) return ExitStatus::kFailed;
  const std::optional<std::string> reply = Ask(*socket, "status", false);
  if (!reply) return ExitStatus::kFailed;
  const nlohmann::json status = nlohmann::json::parse(*reply, nullptr, false);
  if (!status.is_object()) {
    Complain(*socket + ": not a client's answer");
    return ExitStatus::kFailed;
  }
  std::fputs(as_json ? (status.dump(2) + '\n').c_str() : StatusText(status).c_str(), stdout);
  return ExitStatus::kOk;
}

}  // namespace jvpn
