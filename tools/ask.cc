#include "tools/ask.h"

#include <iostream>

#include "tools/admin_client.h"

namespace jvpn {
namespace {

int Print(const GatewayDoor& door, const absl::StatusOr<Json>& result,
          const std::function<std::string(const Json&)>& render) {
  if (!result.ok()) return Fail(result.status());
  std::cout << (door.json ? result->dump() + "\n" : render(*result));
  return 0;
}

}  // namespace

int Fail(const absl::Status& status) {
  std::cerr << "jvpnctl: " << status.message() << "\n";
  return 1;
}

int Ask(const GatewayDoor& door, const char* method, const Json& params,
        const std::function<std::string(const Json&)>& render) {
  auto client = AdminClient::Connect(door.socket);
  if (!client.ok()) return Fail(client.status());
  return Print(door, client->Call(method, params), render);
}

int AskPages(const GatewayDoor& door, const char* method, const Json& params, const char* list,
             std::size_t most, const std::function<std::string(const Json&)>& render) {
  auto client = AdminClient::Connect(door.socket);
  if (!client.ok()) return Fail(client.status());
  return Print(door, client->CallPages(method, params, list, most), render);
}

}  // namespace jvpn
