// What a fuzz target is: one function over any bytes, which must neither crash nor read astray, and
// must find that everything it accepts encodes back to the same bytes (CHECK).
//
// Each target is one source file that defines FuzzTarget; it is linked either with libFuzzer
// (-Dfuzz=true) or with run_corpus.cc, which replays the corpus and seeded mutations of it.
#pragma once

#include "base/bytes.h"

namespace jvpn {

// Did a decoder accept the input? Every file of the corpus must be accepted.
bool FuzzTarget(ByteView input);

}  // namespace jvpn
