// run_corpus: replays a target's corpus and mutations of it, without libFuzzer.
//
// usage: TARGET CORPUS [MUTATIONS [SEED]]
//
// Every file of the corpus must be accepted. Should the target abort, the input is printed in hex.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "tests/fuzz/fuzz_target.h"

namespace jvpn {
namespace {

Bytes current;  // what the target is looking at, for the signal handler

void PrintCurrent(int) {
  static constexpr char kDigits[] = "0123456789abcdef";
  static char text[2 * 4096 + 1];
  std::size_t at = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(current.size(), 4096); ++i) {
    text[at++] = kDigits[current[i] >> 4];
    text[at++] = kDigits[current[i] & 15];
  }
  text[at++] = '\n';
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text, at);
}

// Copied to the heap at its exact size, so that the address sanitizer sees one byte too many.
bool Try(const Bytes& input) {
  current = input;
  const Bytes exact(input);
  return FuzzTarget(exact);
}

class Mutator {
 public:
  Mutator(const std::vector<Bytes>& corpus, std::uint64_t seed) : corpus_(corpus), random_(seed) {}

  Bytes Next() {
    Bytes input = Pick();
    for (std::uint64_t changes = 1 + random_() % 4; changes > 0; --changes) Change(input);
    return input;
  }

 private:
  const Bytes& Pick() { return corpus_[random_() % corpus_.size()]; }
  std::size_t Below(std::size_t bound) { return random_() % bound; }
  std::uint8_t Value() {
    static constexpr std::uint8_t kEdges[] = {0, 1, 2, 4, 5, 16, 17, 18, 0x7f, 0x80, 0xfe, 0xff};
    return random_() % 2 == 0 ? kEdges[Below(std::size(kEdges))]
                              : static_cast<std::uint8_t>(random_());
  }
  auto At(Bytes& input, std::size_t bound) {
    return input.begin() + static_cast<std::ptrdiff_t>(Below(bound));
  }

  void Change(Bytes& input) {
    if (input.empty()) return input.push_back(Value());
    switch (random_() % 7) {
      case 0:
        *At(input, input.size()) ^= static_cast<std::uint8_t>(1U << random_() % 8);
        return;
      case 1:
        *At(input, input.size()) = Value();
        return;
      case 2:
        *At(input, std::min<std::size_t>(input.size(), 24)) = Value();
        return;
      case 3:
        return input.resize(Below(input.size()));
      case 4:
        return input.resize(input.size() + 1 + Below(64));
      case 5:
        input.insert(At(input, input.size() + 1), Value());
        return;
      default: {  // the head of this one, the tail of another
        const Bytes& other = Pick();
        const std::size_t cut = Below(std::min(input.size(), other.size()) + 1);
        input.resize(cut);
        input.insert(input.end(), other.begin() + static_cast<std::ptrdiff_t>(cut), other.end());
        return;
      }
    }
  }

  const std::vector<Bytes>& corpus_;
  std::mt19937_64 random_;
};

std::vector<Bytes> Load(const std::string& directory, bool& accepted) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    paths.push_back(entry.path());
  }
  std::ranges::sort(paths);  // so that a seed means the same everywhere
  std::vector<Bytes> corpus;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    if (Try(corpus.back())) continue;
    std::fprintf(stderr, "%s: no decoder accepts it\n", path.c_str());
    accepted = false;
  }
  return corpus;
}

int Main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s CORPUS [MUTATIONS [SEED]]\n", argv[0]);
    return 2;
  }
  signal(SIGABRT, PrintCurrent);
  const std::uint64_t mutations = argc > 2 ? std::stoull(argv[2]) : 0;
  const std::uint64_t seed = argc > 3 ? std::stoull(argv[3]) : 1;
  bool accepted = true;
  const std::vector<Bytes> corpus = Load(argv[1], accepted);
  if (corpus.empty() || !accepted) return 1;
  Mutator mutator(corpus, seed);
  std::uint64_t taken = 0;
  for (std::uint64_t i = 0; i < mutations; ++i) taken += Try(mutator.Next()) ? 1 : 0;
  std::printf("%zu files, %llu mutations from seed %llu, %llu of them accepted\n", corpus.size(),
              static_cast<unsigned long long>(mutations), static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(taken));
  return 0;
}

}  // namespace
}  // namespace jvpn

int main(int argc, char** argv) { return jvpn::Main(argc, argv); }
