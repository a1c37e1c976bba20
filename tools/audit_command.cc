#include "tools/audit_command.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <limits>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "control/admin_protocol.h"
#include "tools/audit_verify.h"

namespace jvpn {
namespace {

constexpr int kMismatch = 1;
constexpr int kCannotRead = 2;

struct AuditFileName {
  std::uint64_t first_seq = 0;
  std::string path;
};

// Empty files come last.
absl::StatusOr<AuditFileName> Look(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string line;
  AuditFileName name{std::numeric_limits<std::uint64_t>::max(), path};
  while (std::getline(file, line)) {
    const auto read = ReadAuditLine(line);
    if (const auto* good = std::get_if<AuditLine>(&read)) {
      name.first_seq = good->seq;
      return name;
    }
  }
  if (!file.eof() || file.bad()) {
    return absl::NotFoundError(absl::StrCat("cannot read \"", path, "\""));
  }
  file.clear();
  file.seekg(0, std::ios::end);
  if (file.tellg() > 0) {
    return absl::InvalidArgumentError(absl::StrCat("\"", path, "\" holds no line of an audit log"));
  }
  return name;
}

bool Feed(AuditVerifier& verifier, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::uint64_t number = 0;
  for (std::string line; std::getline(file, line);) {
    if (!verifier.Take(line, absl::StrCat(path, ":", ++number))) return false;
  }
  return !file.bad();
}

// What a forged line says goes to a terminal.
std::string Printable(std::string text) {
  constexpr std::size_t kMost = 500;
  if (text.size() > kMost) text = text.substr(0, kMost) + "...";
  for (char& c : text) {
    if (c < ' ' || c == 127) c = '?';
  }
  return text;
}

std::string Sentence(const AuditMismatch& found) {
  return absl::StrCat(found.where, ": ",
                      found.session.empty() ? "the log" : absl::StrCat("session ", found.session),
                      "\n  rule:    ", found.mismatch.rule,
                      "\n  the log: ", Printable(found.mismatch.says),
                      "\n  follows: ", Printable(found.mismatch.follows), "\n");
}

std::string Text(const AuditSummary& summary) {
  std::string out =
      absl::StrCat(summary.unverifiable.empty() ? "verified" : "verified in part", ": ",
                   summary.lines, " lines, seq ", summary.first_seq, " to ", summary.last_seq,
                   ", 0 mismatches\n", summary.sessions, " sessions (", summary.ended, " ended), ",
                   summary.decided.edges, " transitions\ndecided again: ", summary.decided.grants,
                   " grants, ", summary.decided.denials, " denials, ", summary.decided.timers,
                   " timers\nhead: ", summary.last_seq, " ", summary.head, "\n");
  for (const std::string& gap : summary.unverifiable) {
    absl::StrAppend(&out, "NOT VERIFIABLE ", gap, "\n");
  }
  return out;
}

Json ToJson(const AuditVerifier& verifier) {
  const AuditSummary& summary = verifier.summary();
  Json json{{"verified", !verifier.mismatch() && summary.unverifiable.empty()},
            {"mismatches", verifier.mismatch() ? 1 : 0},
            {"lines", summary.lines},
            {"first_seq", summary.first_seq},
            {"last_seq", summary.last_seq},
            {"head", summary.head},
            {"sessions", summary.sessions},
            {"sessions_ended", summary.ended},
            {"transitions", summary.decided.edges},
            {"grants", summary.decided.grants},
            {"denials", summary.decided.denials},
            {"timers", summary.decided.timers},
            {"unverifiable", summary.unverifiable}};
  if (const auto& found = verifier.mismatch()) {
    json["mismatch"] = {{"where", found->where},
                        {"session_id", found->session},
                        {"rule", found->mismatch.rule},
                        {"log", found->mismatch.says},
                        {"follows", found->mismatch.follows}};
  }
  return json;
}

}  // namespace

int VerifyAudit(const VerifyOptions& options, bool json, std::ostream& out) {
  std::vector<AuditFileName> files;
  for (const std::string& path : options.files) {
    const auto looked = Look(path);
    if (!looked.ok()) {
      std::cerr << "jvpnctl: " << looked.status().message() << "\n";
      return kCannotRead;
    }
    files.push_back(*looked);
  }
  std::ranges::sort(files, {}, &AuditFileName::first_seq);
  AuditVerifier verifier{Millis{options.late_ms}};
  bool good = true;
  for (const AuditFileName& file : files) good = good && Feed(verifier, file.path);
  good = good && verifier.Finish();
  if (json) {
    out << ToJson(verifier).dump() << "\n";
  } else {
    out << (verifier.mismatch() ? Sentence(*verifier.mismatch()) : Text(verifier.summary()));
  }
  if (verifier.mismatch()) return kMismatch;
  return good && verifier.summary().lines > 0 && verifier.summary().unverifiable.empty()
             ? 0
             : kCannotRead;
}

}  // namespace jvpn
