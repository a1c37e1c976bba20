// `jvpn up`: reads the file, becomes a daemon unless told otherwise, runs the client.
//
// The parent waits for one message of its child through a pipe: an exit status (one byte) and a
// line for the user. A child that dies without a word closes the pipe, which says as much.
#include <fcntl.h>
#include <signal.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/boot_clock.h"
#include "base/text_file.h"
#include "base/unique_fd.h"
#include "client/capabilities.h"
#include "client/client_loop.h"
#include "client/commands.h"
#include "client/config.h"
#include "client/last_words.h"
#include "crypto/process_secrets.h"
#include "crypto/sodium_random.h"

namespace jvpn {
namespace {

ExitStatus Fail(std::string_view sentence) {
  std::fprintf(stderr, "jvpn: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
  return ExitStatus::kFailed;
}

std::string Message(const absl::Status& status) { return std::string(status.message()); }

// The child's one word to its parent; nothing after the first.
class Report {
 public:
  explicit Report(UniqueFd pipe) : pipe_(std::move(pipe)) {}
  bool made() const { return !pipe_.valid(); }
  void Make(ExitStatus status, const std::string& line) {
    if (made()) return;
    const std::string message = std::string(1, static_cast<char>(status)) + line;
    // The parent may have been killed; then nobody wants to know.
    [[maybe_unused]] const ssize_t written = write(pipe_.get(), message.data(), message.size());
    pipe_.Reset();
  }

 private:
  UniqueFd pipe_;
};

// No terminal, no folder and no standard stream of the parent's stays in use.
void LeaveTerminal() {
  UniqueFd null(open("/dev/null", O_RDWR));
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null.get(), stream);
  if (chdir("/") != 0) spdlog::warn("cannot leave the working folder: {}", std::strerror(errno));
}

absl::StatusOr<ClientFile> LoadFile(const std::string& path, std::string& faults) {
  const absl::StatusOr<std::string> text = ReadTrustedFile(path);
  if (!text.ok()) return text.status();
  auto parsed = ParseClientFile(*text, path);
  if (const auto* list = std::get_if<ClientFileFaults>(&parsed)) {
    for (const std::string& fault : *list) faults += fault + '\n';
    return absl::InvalidArgumentError(path + ": not usable");
  }
  return std::get<ClientFile>(std::move(parsed));
}

// Runs to the end. `attached` is told when the tunnel is ready.
Ending RunClient(const ClientFile& file, ClientIdentity identity,
                 const ClientLoop::OnAttached& attached) {
  if (!KeepSecrets()) spdlog::warn("memory is not locked, keys may reach the swap");
  RemoveLastWords(file.control_socket);
  BootClock clock;
  SodiumRandom random;
  absl::StatusOr<std::unique_ptr<ClientLoop>> loop =
      ClientLoop::Create(file, std::move(identity), clock, random);
  if (!loop.ok()) return {ExitStatus::kFailed, Message(loop.status())};
  if (absl::Status status = KeepNetworkCapabilities(); !status.ok()) {
    return {ExitStatus::kFailed, Message(status)};
  }
  return (*loop)->Run(attached);
}

ExitStatus RunInForeground(const ClientFile& file, ClientIdentity identity) {
  spdlog::set_default_logger(spdlog::stderr_logger_st("jvpn"));
  bool attached = false;
  const Ending ending = RunClient(file, std::move(identity), [&](const std::string& line) {
    attached = true;
    spdlog::info("{}", line);
  });
  if (ending.status != ExitStatus::kOk) {
    if (attached) LeaveLastWords(file.control_socket, ending);
    Fail(ending.sentence);
  }
  return ending.status;
}

// Until the tunnel is ready the parent's end, by Ctrl-C for one, is the child's; after that it is
// alone.
void FollowParent(bool follow) { prctl(PR_SET_PDEATHSIG, follow ? SIGTERM : 0); }

[[noreturn]] void RunAsChild(const ClientFile& file, ClientIdentity identity, UniqueFd pipe) {
  FollowParent(true);
  setsid();
  spdlog::set_default_logger(spdlog::syslog_logger_st("jvpn", "jvpn", LOG_PID, LOG_DAEMON));
  Report report(std::move(pipe));
  const Ending ending = RunClient(file, std::move(identity), [&](const std::string& line) {
    FollowParent(false);
    report.Make(ExitStatus::kOk, line);
    LeaveTerminal();
  });
  if (report.made() && ending.status != ExitStatus::kOk) {
    LeaveLastWords(file.control_socket, ending);
  }
  report.Make(ending.status, ending.sentence);
  std::exit(static_cast<int>(ending.status));
}

ExitStatus AwaitReport(int pipe) {
  std::string message;
  char buffer[1024];
  ssize_t size = 0;
  while ((size = read(pipe, buffer, sizeof buffer)) > 0 || (size < 0 && errno == EINTR)) {
    if (size > 0) message.append(buffer, static_cast<std::size_t>(size));
  }
  if (message.empty()) return Fail("the client died without a word; see the system log");
  const auto status = static_cast<ExitStatus>(message[0]);
  if (status != ExitStatus::kOk) {
    Fail(message.substr(1));
    return status;
  }
  std::printf("%s\n", message.c_str() + 1);
  return status;
}

}  // namespace

ExitStatus Up(const UpOptions& options) {
  KeepSecrets();  // before the keys are read; the daemon says it when it cannot
  InitCrypto();
  std::string faults;
  absl::StatusOr<ClientFile> file = LoadFile(options.file, faults);
  std::fputs(faults.c_str(), stderr);
  if (!file.ok()) return Fail(Message(file.status()));
  absl::StatusOr<ClientIdentity> identity = LoadIdentity(*file);
  if (!identity.ok()) return Fail(Message(identity.status()));
  // The daemon leaves the working folder; what it names at its end must not move with it.
  file->control_socket = std::filesystem::absolute(file->control_socket).string();
  if (options.foreground) return RunInForeground(*file, std::move(*identity));

  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Fail(std::strerror(errno));
  UniqueFd from_child(ends[0]);
  UniqueFd to_parent(ends[1]);
  const pid_t child = fork();
  if (child < 0) return Fail(std::strerror(errno));
  if (child == 0) {
    from_child.Reset();
    RunAsChild(*file, std::move(*identity), std::move(to_parent));
  }
  to_parent.Reset();
  return AwaitReport(from_child.get());
}

}  // namespace jvpn
