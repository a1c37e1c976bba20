// Attacker: whoever may put datagrams on the network without the keys: repeats what passed, changes
// it, makes up what might fit. It never suppresses; links do that.
#pragma once

#include "tests/sim/dice.h"
#include "tests/sim/network.h"

namespace jvpn::sim {

class Attacker {
 public:
  Attacker(std::uint64_t seed, Network& network) : dice_(seed, 4), network_(network) {}

  // A recorded datagram again, as it was; or from an address that is nobody's.
  void Replay(bool elsewhere);
  // A recorded datagram of this link with something changed, from the right address.
  void Inject(std::uint32_t client, std::uint32_t link);
  // Made up off the path: right shape, guessed indices, any source.
  void Spoof(std::uint32_t client, std::uint32_t link);

 private:
  Endpoint Nowhere();
  Bytes Noise(std::size_t size);

  Dice dice_;
  Network& network_;
};

}  // namespace jvpn::sim
