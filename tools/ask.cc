#include "tools/ask.h"

#include <iostream>

#include "tools/admin_client.h"

namespace jvpn {

int Fail(const absl::Status& status) {
  std::cerr << "jvpnctl: " << status.message() << "\n";
  return 1;
}

int Ask(const GatewayDoor& door, const char* method, const Json& params,
        const std::function<std::string(const Json&)>& render) {
  auto client = AdminClient::Connect(door.socket);
  if (!client.ok()) return Fail(client.status());
  const auto result = client->Call(method, params);
  if (!result.ok()) return Fail(result.status());
  std::cout << (door.json ? result->dump() + "\n" : render(*result));
  return 0;
}

}  // namespace jvpn
