#include "wire/ip_address.h"

#include <gtest/gtest.h>

namespace jvpn {
namespace {

IpAddress Address(std::string_view text) { return IpAddress::Parse(text).value(); }

TEST(IpAddress, PrintsWhatItParsed) {
  for (const std::string text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "::", "2001:db8::1",
                                 "fe80::1:2:3:4", "::ffff:192.0.2.1"}) {
    EXPECT_EQ(Address(text).ToString(), text);
  }
  EXPECT_EQ(IpAddress{}.ToString(), "none");
}

TEST(IpAddress, RefusesWhatIsNotExactlyAnAddress) {
  using namespace std::string_view_literals;
  for (const std::string_view text :
       {""sv, " 192.0.2.1"sv, "192.0.2.1 "sv, "192.0.2"sv, "192.0.2.256"sv, "192.0.02.1"sv,
        "0xc0.0.2.1"sv, "192.0.2.1.5"sv, "3221225985"sv, "2001:db8::1::2"sv, "2001:db8::g"sv,
        "fe80::1%eth0"sv, "[::1]"sv, "192.0.2.1\0.5"sv, "localhost"sv}) {
    EXPECT_FALSE(IpAddress::Parse(text)) << text;
  }
}

TEST(IpAddress, KeepsNetworkOrder) {
  const IpAddress v4 = Address("192.0.2.1");
  EXPECT_EQ(v4.size(), 4U);
  EXPECT_EQ(LoadBe32(v4.view().data()), 0xc0000201U);
  EXPECT_EQ(IpAddress::V4(v4.view()), v4);
  const IpAddress v6 = Address("2001:db8::1");
  EXPECT_EQ(v6.size(), 16U);
  EXPECT_EQ(LoadBe32(v6.view().data()), 0x20010db8U);
  EXPECT_EQ(IpAddress::V6(v6.view()), v6);
}

TEST(Endpoint, BracketsAnIpv6Address) {
  EXPECT_EQ((Endpoint{Address("192.0.2.1"), 4600}).ToString(), "192.0.2.1:4600");
  EXPECT_EQ((Endpoint{Address("2001:db8::1"), 4600}).ToString(), "[2001:db8::1]:4600");
}

TEST(Prefix, PrintsWhatItParsed) {
  for (const std::string text :
       {"0.0.0.0/0", "10.1.2.3/8", "192.0.2.1/32", "::/0", "2001:db8::1/64", "2001:db8::1/128"}) {
    EXPECT_EQ(Prefix::Parse(text).value().ToString(), text);
  }
  EXPECT_EQ(Prefix::Parse("192.0.2.1").value().ToString(), "192.0.2.1/32");
  EXPECT_EQ(Prefix::Parse("2001:db8::1").value().ToString(), "2001:db8::1/128");
  EXPECT_EQ(Prefix{}.ToString(), "none");
}

TEST(Prefix, RefusesALengthThatIsNotPlainDecimalInRange) {
  for (const std::string_view text :
       {"10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.0/8 ",
        "10.0.0.0/ 8", "10.0.0.0/8/8", "10.0.0.0/255.0.0.0", "10.0.0.0/4294967304", "::/129", "/8",
        "10.0.0/8"}) {
    EXPECT_FALSE(Prefix::Parse(text)) << text;
  }
}

TEST(Prefix, ContainsExactlyTheAddressesThatShareItsLeadingBits) {
  const Prefix net = Prefix::Parse("10.1.130.0/23").value();
  EXPECT_TRUE(net.Contains(Address("10.1.130.0")));
  EXPECT_TRUE(net.Contains(Address("10.1.131.255")));
  EXPECT_FALSE(net.Contains(Address("10.1.132.0")));
  EXPECT_FALSE(net.Contains(Address("10.1.129.255")));
  EXPECT_FALSE(net.Contains(Address("2001:db8::1")));
  EXPECT_FALSE(net.Contains(IpAddress{}));
  EXPECT_TRUE(Prefix::Parse("0.0.0.0/0")->Contains(Address("203.0.113.9")));
  EXPECT_FALSE(Prefix::Parse("0.0.0.0/0")->Contains(Address("::")));
  EXPECT_TRUE(Prefix::Parse("2001:db8::1")->Contains(Address("2001:db8::1")));
  EXPECT_FALSE(Prefix::Parse("2001:db8::1")->Contains(Address("2001:db8::2")));
  EXPECT_FALSE(Prefix{}.Contains(IpAddress{}));
}

TEST(Prefix, NetworkClearsTheHostBits) {
  EXPECT_EQ(Prefix::Parse("10.1.131.255/23")->Network().ToString(), "10.1.130.0/23");
  EXPECT_EQ(Prefix::Parse("10.1.131.255/0")->Network().ToString(), "0.0.0.0/0");
  EXPECT_EQ(Prefix::Parse("10.1.131.255/32")->Network().ToString(), "10.1.131.255/32");
  EXPECT_EQ(Prefix::Parse("2001:db8::ffff/113")->Network().ToString(), "2001:db8::8000/113");
}

TEST(MacAddress, PrintsSixPairsOfHexDigits) {
  EXPECT_EQ((MacAddress{{0x02, 0x00, 0x5e, 0x10, 0x00, 0xff}}).ToString(), "02:00:5e:10:00:ff");
  EXPECT_TRUE(MacAddress{}.is_zero());
}

}  // namespace
}  // namespace jvpn
