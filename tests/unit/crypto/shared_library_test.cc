#include "crypto/shared_library.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

constexpr char kLibrary[] = "libIPSec_MB.so.1";
using Copy = SharedLibrary::Copy;

// ipsec-mb keeps one process-global error word: a manager that is null sets it, imb_get_errno(null)
// reads it.
void MakeAnError(const SharedLibrary& library) {
  library.Find<void(void*, void*)>("init_mb_mgr_auto")(nullptr, nullptr);
}
int Error(const SharedLibrary& library) {
  return library.Find<int(void*)>("imb_get_errno")(nullptr);
}

TEST(SharedLibrary, OfTheProcessIsTheSameEachTime) {
  const auto one = SharedLibrary::Load(kLibrary, Copy::kProcess);
  const auto other = SharedLibrary::Load(kLibrary, Copy::kProcess);
  ASSERT_TRUE(one.ok() && other.ok());
  ASSERT_NE(one->Symbol("alloc_mb_mgr"), nullptr);
  EXPECT_EQ(one->Symbol("alloc_mb_mgr"), other->Symbol("alloc_mb_mgr"));
  EXPECT_EQ(one->Symbol("no_such_function"), nullptr);
}

TEST(SharedLibrary, PrivateCopiesLieApart) {
  const auto process = SharedLibrary::Load(kLibrary, Copy::kProcess);
  const auto one = SharedLibrary::Load(kLibrary, Copy::kPrivate);
  const auto other = SharedLibrary::Load(kLibrary, Copy::kPrivate);
  ASSERT_TRUE(process.ok() && one.ok() && other.ok()) << one.status();
  for (const char* name : {"alloc_mb_mgr", "imb_get_errno", "init_mb_mgr_auto"}) {
    const void* const address = one->Symbol(name);
    EXPECT_NE(address, process->Symbol(name)) << name;
    EXPECT_NE(address, other->Symbol(name)) << name;
    EXPECT_TRUE(one->Holds(address));
    EXPECT_FALSE(other->Holds(address));
    EXPECT_FALSE(process->Holds(address));
  }
}

TEST(SharedLibrary, PrivateCopiesHaveAnErrorWordEach) {
  const auto one = SharedLibrary::Load(kLibrary, Copy::kPrivate);
  const auto other = SharedLibrary::Load(kLibrary, Copy::kPrivate);
  ASSERT_TRUE(one.ok() && other.ok());
  MakeAnError(*one);
  EXPECT_NE(Error(*one), 0);
  EXPECT_EQ(Error(*other), 0);
}

TEST(SharedLibrary, IsANewCopyAgainAfterTheLastOneIsGone) {
  for (int i = 0; i < 3; ++i) {
    const auto copy = SharedLibrary::Load(kLibrary, Copy::kPrivate);
    ASSERT_TRUE(copy.ok());
    EXPECT_EQ(Error(*copy), 0) << "an old copy came back";
    MakeAnError(*copy);
  }
}

TEST(SharedLibrary, NamesTheLibraryThatIsMissing) {
  const auto none = SharedLibrary::Load("libjvpn_no_such.so.7", Copy::kPrivate);
  ASSERT_FALSE(none.ok());
  EXPECT_NE(none.status().message().find("libjvpn_no_such.so.7"), absl::string_view::npos);
}

}  // namespace
}  // namespace jvpn
