// jvpnctl: the operator's tool. Asks the gateway over its control socket, and makes keys without
// one. Exit: 0 done, 1 the gateway refused or is not there, 2 the command line is wrong.
#include <CLI/CLI.hpp>
#include <iostream>
#include <string>

#include "crypto/sodium_random.h"
#include "tools/admin_client.h"
#include "tools/ask.h"
#include "tools/explain.h"
#include "tools/key_commands.h"
#include "tools/operator_commands.h"
#include "tools/render.h"

namespace jvpn {
namespace {

constexpr int kUsage = 2;

struct Options : GatewayDoor {
  std::string session;
  bool follow = false;
  std::int64_t count = 20;
  std::size_t most = 1000;
};

void ShowEvent(const Options& options, const Json& event) {
  std::cout << (options.json ? event.dump() + "\n" : RenderEvent(event)) << std::flush;
}

int ShowEvents(const Options& options) {
  auto client = AdminClient::Connect(options.socket);
  if (!client.ok()) return Fail(client.status());
  const auto result =
      client->Call("events", {{"count", options.count}, {"follow", options.follow}});
  if (!result.ok()) return Fail(result.status());
  if (const auto events = result->find("events"); events != result->end()) {
    for (const Json& event : *events) ShowEvent(options, event);
  }
  if (!options.follow) return 0;
  while (const auto line = client->NextLine()) {
    const Json json = Json::parse(*line, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) continue;
    if (const auto event = json.find("event"); event != json.end()) ShowEvent(options, *event);
    if (const auto dropped = json.find("dropped"); dropped != json.end()) {
      std::cerr << "jvpnctl: " << dropped->dump() << " events missed: this reader was too slow\n";
    }
  }
  return Fail(absl::UnavailableError("the gateway ended the stream"));
}

int ShowVersion(const Options& options) {
  if (!options.json) std::cout << "jvpnctl " JVPN_VERSION "\n";
  auto client = AdminClient::Connect(options.socket);
  Json facts;
  if (client.ok()) {
    if (const auto result = client->Call("version", Json::object()); result.ok()) facts = *result;
  }
  if (options.json) {
    std::cout << Json{{"jvpnctl", JVPN_VERSION}, {"gateway", facts}}.dump() << "\n";
  } else if (facts.is_object()) {
    std::cout << "gateway\n" << RenderSession(facts);
  } else {
    std::cout << "no gateway answers at " << options.socket << "\n";
  }
  return 0;
}

Json SessionParam(const Options& options) {
  return options.session.empty() ? Json::object() : Json{{"session", options.session}};
}

void AddKeyCommands(CLI::App& app, int& exit_code) {
  app.add_subcommand("genkey", "Make a secret key")->callback([] {
    SodiumRandom random;
    std::cout << GenerateSecretKey(random) << "\n";
  });
  app.add_subcommand("genpsk", "Make a pre-shared key")->callback([] {
    SodiumRandom random;
    std::cout << GeneratePresharedKey(random) << "\n";
  });
  app.add_subcommand("pubkey", "Read a secret key on standard input, print its public key")
      ->callback([&exit_code] {
        const auto key = PublicKeyOf(std::cin);
        if (key.ok()) {
          std::cout << *key << "\n";
        } else {
          exit_code = Fail(key.status());
        }
      });
}

void AddSessionCommands(CLI::App& app, Options& options, int& exit_code) {
  constexpr char kSessionHelp[] = "Session id, or the first digits of it that no other has";
  constexpr char kMostHelp[] = "How many at least; 0 lists all";
  auto* sessions = app.add_subcommand("sessions", "List sessions, in the order of their ids");
  sessions->add_option("-n,--limit", options.most, kMostHelp)->capture_default_str();
  sessions->callback([&] {
    exit_code =
        AskPages(options, "sessions", Json::object(), "sessions", options.most, RenderSessions);
  });
  auto* session = app.add_subcommand("session", "Show one session and its transports");
  session->add_option("SESSION", options.session, kSessionHelp)->required();
  session->callback(
      [&] { exit_code = Ask(options, "session", SessionParam(options), RenderSession); });
  auto* why = app.add_subcommand("why", "Explain what happened to a session, and why");
  why->add_option("SESSION", options.session, kSessionHelp)->required();
  why->callback([&] { exit_code = Ask(options, "why", SessionParam(options), RenderWhy); });
  auto* transports = app.add_subcommand("transports", "List transports of all sessions or of one");
  transports->add_option("SESSION", options.session, kSessionHelp);
  transports->add_option("-n,--limit", options.most, kMostHelp)->capture_default_str();
  transports->callback([&] {
    exit_code = AskPages(options, "transports", SessionParam(options), "transports", options.most,
                         RenderTransports);
  });
  auto* terminate = app.add_subcommand("terminate", "End a session for good; the client is told");
  terminate->add_option("SESSION", options.session, kSessionHelp)->required();
  terminate->callback(
      [&] { exit_code = Ask(options, "terminate", SessionParam(options), RenderTerminate); });
}

void AddGatewayCommands(CLI::App& app, Options& options, int& exit_code) {
  auto* events = app.add_subcommand("events", "Show the newest audit events");
  events->add_flag("-f,--follow", options.follow, "Go on with events as they happen");
  events->add_option("-n,--count", options.count, "How many of the past")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  events->callback([&] { exit_code = ShowEvents(options); });
  app.add_subcommand("drops", "Count dropped packets by reason")->callback([&] {
    exit_code = Ask(options, "drops", Json::object(), RenderDrops);
  });
  app.add_subcommand("stats", "Count packets and bytes by worker")->callback([&] {
    exit_code = Ask(options, "stats", Json::object(), RenderStats);
  });
  app.add_subcommand("version", "Show the versions of this tool and of the gateway")->callback([&] {
    exit_code = ShowVersion(options);
  });
}

int Main(int argc, char** argv) {
  InitCrypto();
  Options options;
  int exit_code = 0;
  CLI::App app("Asks a jvpn gateway, and makes keys.", "jvpnctl");
  app.set_version_flag("--version", std::string("jvpnctl " JVPN_VERSION));
  app.require_subcommand(1);
  // -j and --socket may stand behind the command as well.
  app.fallthrough();
  app.add_option("--socket", options.socket, "Control socket of the gateway")
      ->capture_default_str();
  app.add_flag("-j,--json", options.json, "Print JSON");
  AddKeyCommands(app, exit_code);
  AddSessionCommands(app, options, exit_code);
  AddGatewayCommands(app, options, exit_code);
  AddAuditCommands(app, options, exit_code);
  AddPolicyCommands(app, options, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  return exit_code;
}

}  // namespace
}  // namespace jvpn

int main(int argc, char** argv) { return jvpn::Main(argc, argv); }
