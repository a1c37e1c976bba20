// jvpn: the Linux client.
#include <CLI/CLI.hpp>

#include "client/commands.h"

int main(int argc, char** argv) {
  CLI::App app{"jvpn: a VPN client whose session outlives its networks"};
  app.set_version_flag("--version", std::string("jvpn ") + JVPN_VERSION);
  app.require_subcommand(1);

  jvpn::UpOptions up;
  CLI::App* up_command =
      app.add_subcommand("up", "start a client; returns when its tunnel is ready");
  up_command->add_option("FILE", up.file, "configuration file (TOML)")->required();
  up_command->add_flag("--foreground", up.foreground, "stay in the foreground, log to stderr");

  std::string which;
  constexpr char kWhich[] = "a client's name or configuration file; not needed if only one runs";
  CLI::App* down_command = app.add_subcommand("down", "end a running client; the gateway is told");
  down_command->add_option("NAME", which, kWhich);

  bool as_json = false;
  CLI::App* status_command = app.add_subcommand("status", "show a running client");
  status_command->add_option("NAME,--config", which, kWhich);
  status_command->add_flag("-j,--json", as_json, "as JSON");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : static_cast<int>(jvpn::ExitStatus::kUsage);
  }
  if (up_command->parsed()) return static_cast<int>(jvpn::Up(up));
  if (down_command->parsed()) return static_cast<int>(jvpn::Down(which));
  return static_cast<int>(jvpn::Status(which, as_json));
}
