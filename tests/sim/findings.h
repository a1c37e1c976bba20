// Findings: the first broken rule of a run. After it nothing of the run means anything.
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace jvpn::sim {

struct Finding {
  std::string rule;  // "K5", "nonce", "liveness", ...
  std::string text;
};

class Findings {
 public:
  void Add(std::string rule, std::string text) {
    if (!first_) first_ = Finding{std::move(rule), std::move(text)};
  }
  const std::optional<Finding>& first() const { return first_; }

 private:
  std::optional<Finding> first_;
};

}  // namespace jvpn::sim
