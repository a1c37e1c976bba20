#include "client/ending.h"

#include <string_view>

namespace jvpn {
namespace {

std::string_view CodeOf(CloseReason reason) {
  switch (reason) {
    case CloseReason::kSessionLifetimeExceeded:
      return Name(Reason::kSessionLifetimeExceeded);
    case CloseReason::kTransportTtlExceeded:
      return Name(Reason::kTransportTtlExceeded);
    case CloseReason::kOperatorTerminated:
      return Name(Reason::kOperatorTerminated);
    case CloseReason::kHardSystemFailure:
      return Name(Reason::kHardSystemFailure);
    case CloseReason::kPeerTerminated:
      return Name(Reason::kPeerTerminated);
    case CloseReason::kSecurityFailure:
      return Name(Reason::kSecurityFailure);
    case CloseReason::kRecoveryWindowExpired:
      return Name(Reason::kRecoveryWindowExpired);
    case CloseReason::kHandshakeRejected:
      return Name(Reason::kHandshakeRejected);
  }
  return "unknown";
}

std::string_view Refusal(HandshakeStatus status) {
  switch (status) {
    case HandshakeStatus::kNoCommonSuite:
      return "the gateway refused: it allows none of the suites that this client offers";
    case HandshakeStatus::kNoInnerAddress:
      return "the gateway refused: it has no inner address left";
    case HandshakeStatus::kGatewayFull:
      return "the gateway refused: it is full";
    case HandshakeStatus::kPolicyDenied:
      return "the gateway refused: its policy for this client allows no UDP";
    case HandshakeStatus::kAccepted:
      break;
  }
  return "the gateway refused";
}

Ending OfHandshake(const Ended& ended) {
  switch (ended.handshake) {
    case HandshakeFailure::kNoUplink:
      return {ExitStatus::kNoAnswer,
              "no uplink came up with an address; check the [[uplink]] devices"};
    case HandshakeFailure::kBadAnswer:
      return {ExitStatus::kNoAnswer,
              "a gateway answered but could not prove itself; check gateway.public_key and "
              "gateway.preshared_key_file, and the same of this client at the gateway"};
    case HandshakeFailure::kNoAttach:
      return {ExitStatus::kNoAnswer,
              "the gateway accepted the handshake but answered no data frame; look at its drops "
              "with: jvpnctl drops"};
    case HandshakeFailure::kRefused:
      return {ExitStatus::kRefused, std::string(Refusal(ended.refusal))};
    case HandshakeFailure::kNoAnswer:
    case HandshakeFailure::kNone:
      break;
  }
  return {ExitStatus::kNoAnswer,
          "no gateway answered; check gateway.endpoints and gateway.public_key, that the gateway "
          "knows this client's public key, and that this machine's clock did not go back"};
}

}  // namespace

Ending Describe(const Ended& ended) {
  if (ended.reason == Reason::kOperatorTerminated) return {ExitStatus::kOk, "ended by its user"};
  if (ended.told) {
    return {ExitStatus::kEnded,
            "the gateway ended the session: " + std::string(CodeOf(*ended.told))};
  }
  if (ended.handshake != HandshakeFailure::kNone) return OfHandshake(ended);
  return {ExitStatus::kEnded, "the session ended: " + std::string(Name(ended.reason))};
}

}  // namespace jvpn
