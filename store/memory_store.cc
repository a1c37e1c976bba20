#include "store/memory_store.h"

#include <algorithm>

namespace jvpn {

using Kind = StoreRequest::Kind;
using Status = StoreAnswer::Status;

bool MemoryStore::Submit(const StoreRequest& request) {
  if (waiting_.size() == kStoreOutstanding) return false;
  waiting_.push_back(request);
  return true;
}

bool MemoryStore::Poll(StoreAnswer& answer) {
  if (stalled_ || waiting_.empty()) return false;
  const StoreRequest& request = waiting_.front();
  if (request.kind == Kind::kPut && tear_at_) {
    StoreRecord& torn = disk_.records[request.key];
    torn = {request.key, ++disk_.last_version, request.value};
    torn.value.resize(std::min(*tear_at_, torn.value.size()));
    stalled_ = true;
    return false;
  }
  answer = StoreAnswer{};
  answer.ticket = request.ticket;
  answer.status = Status::kFailed;
  if (!failing_) Carry(request, answer);
  waiting_.pop_front();
  return true;
}

void MemoryStore::Carry(const StoreRequest& request, StoreAnswer& answer) {
  answer.status = Status::kDone;
  const auto found = disk_.records.find(request.key);
  switch (request.kind) {
    case Kind::kNone:
      return;
    case Kind::kAcquire:
      answer.fence = ++disk_.fence;
      return;
    case Kind::kGet:
      if (found != disk_.records.end()) answer.records.push_back(found->second);
      return;
    case Kind::kList:
      return List(request, answer);
    case Kind::kPut:
    case Kind::kErase:
      return Write(request, answer);
  }
}

void MemoryStore::List(const StoreRequest& request, StoreAnswer& answer) const {
  for (auto at = disk_.records.upper_bound(request.key); at != disk_.records.end(); ++at) {
    if (answer.records.size() == request.limit) return;
    answer.records.push_back(at->second);
  }
}

void MemoryStore::Write(const StoreRequest& request, StoreAnswer& answer) {
  const auto found = disk_.records.find(request.key);
  const std::uint64_t present = found == disk_.records.end() ? 0 : found->second.version;
  if (request.fence < disk_.fence) {
    answer.status = Status::kFenced;
  } else if (present != request.expected) {
    answer.status = Status::kConflict;
    answer.version = present;
  } else if (request.kind == Kind::kErase) {
    disk_.records.erase(request.key);
  } else {
    answer.version = ++disk_.last_version;
    disk_.records[request.key] = {request.key, answer.version, request.value};
  }
}

}  // namespace jvpn
