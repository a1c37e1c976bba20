// Suggestion: the known word that a mistyped one was meant to be.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jvpn {

// Insertions, deletions, replacements and swaps of neighbours between two words.
std::size_t EditDistance(std::string_view a, std::string_view b);

// The nearest known word if it is near enough to be a slip of the hand: at most one edit in three
// characters. Ties go to the first.
std::optional<std::string> NearestWord(std::string_view word,
                                       const std::vector<std::string>& known);

}  // namespace jvpn
