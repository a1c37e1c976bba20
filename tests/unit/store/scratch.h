// Scratch: a folder of one test, gone with it; and requests in short.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

#include "store/store.h"

namespace jvpn {

class Scratch {
 public:
  Scratch() {
    std::string pattern = testing::TempDir() + "jvpn_store_XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::filesystem::remove_all(path_); }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline SessionId Key(std::uint8_t last) {
  SessionId key;
  key.bytes[15] = last;
  return key;
}

inline StoreRequest Request(StoreRequest::Kind kind) {
  StoreRequest request;
  request.kind = kind;
  return request;
}
inline StoreRequest Acquire() { return Request(StoreRequest::Kind::kAcquire); }
inline StoreRequest Get(std::uint8_t key) {
  StoreRequest request = Request(StoreRequest::Kind::kGet);
  request.key = Key(key);
  return request;
}
inline StoreRequest Put(std::uint8_t key, std::uint64_t expected, Bytes value,
                        std::uint64_t fence = 0) {
  StoreRequest request = Request(StoreRequest::Kind::kPut);
  request.key = Key(key);
  request.expected = expected;
  request.fence = fence;
  request.value = std::move(value);
  return request;
}
inline StoreRequest Erase(std::uint8_t key, std::uint64_t expected, std::uint64_t fence = 0) {
  StoreRequest request = Put(key, expected, {}, fence);
  request.kind = StoreRequest::Kind::kErase;
  return request;
}
inline StoreRequest List(std::uint8_t after, std::uint32_t limit) {
  StoreRequest request = Get(after);
  request.kind = StoreRequest::Kind::kList;
  request.limit = limit;
  return request;
}

// Gives way to the store's thread, if it has one, until the answer is there.
inline StoreAnswer Await(Store& store) {
  StoreAnswer answer;
  while (!store.Poll(answer)) std::this_thread::yield();
  return answer;
}
inline StoreAnswer Ask(Store& store, const StoreRequest& request) {
  EXPECT_TRUE(store.Submit(request));
  return Await(store);
}

}  // namespace jvpn
