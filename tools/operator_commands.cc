#include "tools/operator_commands.h"

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/admin_client.h"
#include "tools/audit_command.h"
#include "tools/policy_commands.h"
#include "tools/render.h"

namespace jvpn {
namespace {

// Shared with the callbacks, which run later.
struct Options {
  std::vector<std::string> files;
  std::string group = "gateway";
};

int Check(const std::string& path, bool json) {
  const auto text = ReadPolicyText(path);
  if (!text.ok()) return Fail(text.status());
  const auto checked = CheckPolicy(*text, path);
  if (!checked.ok()) return Fail(checked.status());
  for (const std::string& warning : checked->warnings) std::cerr << "warning: " << warning << "\n";
  std::cout << (json ? checked->canonical : "policy ok: " + checked->id) << "\n";
  return 0;
}

int Diff(const Options& options, const GatewayDoor& door) {
  const auto text = ReadPolicyText(options.files.front());
  if (!text.ok()) return Fail(text.status());
  const auto checked = CheckPolicy(*text, options.files.front());
  if (!checked.ok()) return Fail(checked.status());
  return Ask(door, "policy_show", {{"group", options.group}}, [&](const Json& result) {
    const Json& groups = result.at("groups");
    return PolicyDifference(groups.front().at("policy"), Json::parse(checked->canonical));
  });
}

int Apply(const Options& options, const GatewayDoor& door) {
  const auto text = ReadPolicyText(options.files.front());
  if (!text.ok()) return Fail(text.status());
  return Ask(door, "policy_apply",
             {{"group", options.group}, {"name", options.files.front()}, {"text", *text}},
             RenderApplied);
}

}  // namespace

void AddAuditCommands(CLI::App& app, const GatewayDoor& door, int& exit_code) {
  auto* audit = app.add_subcommand("audit", "Prove the audit log")->require_subcommand(1);
  audit->add_subcommand("head", "Number and hash of its newest line")->callback([&] {
    exit_code = Ask(door, "audit_head", Json::object(), RenderAuditHead);
  });
  auto options = std::make_shared<VerifyOptions>();
  auto* verify = audit->add_subcommand(
      "verify", "Decide again all that files of the log tell; needs no gateway");
  verify->add_option("FILE", options->files, "Files of one log, in any order")->required();
  verify->add_option("--late-ms", options->late_ms, "How late a timer may have been acted on")
      ->check(CLI::Range(0, 600'000))
      ->capture_default_str();
  verify->callback([&, options] { exit_code = VerifyAudit(*options, door.json, std::cout); });
}

void AddPolicyCommands(CLI::App& app, const GatewayDoor& door, int& exit_code) {
  auto options = std::make_shared<Options>();
  auto* policy =
      app.add_subcommand("policy", "Policies: check, compare, apply, show")->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, bool file, bool group) {
    auto* command = policy->add_subcommand(name, help);
    if (file) command->add_option("FILE", options->files, "Policy file")->required()->expected(1);
    if (group) {
      command
          ->add_option("--group", options->group,
                       "Peers whose policy the configuration names so; \"gateway\": the others")
          ->capture_default_str();
    }
    return command;
  };
  add("check", "Check a file; needs no gateway", true, false)->callback([&, options] {
    exit_code = Check(options->files.front(), door.json);
  });
  add("diff", "Compare a file with what is in force", true, true)->callback([&, options] {
    exit_code = Diff(*options, door);
  });
  add("apply", "Put a file in force, for living sessions too", true, true)->callback([&, options] {
    exit_code = Apply(*options, door);
  });
  add("show", "Show what is in force, by group", false, false)->callback([&] {
    exit_code = Ask(door, "policy_show", Json::object(), RenderPolicies);
  });
}

}  // namespace jvpn
