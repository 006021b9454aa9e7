#include "engine/journey/mailbox.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace lotse {

TEST_CASE("mailbox: an address is what mail servers take everywhere", "[journey][mailbox]") {
  struct Row {
    const char* why;
    std::string text;
    bool fits;
  };
  const auto row = GENERATE(
      Row{"plain", "ada@example.net", true}, Row{"with a tag", "ada.l+news@mail.example.net", true},
      Row{"its longest local part", std::string(64, 'a') + "@example.net", true},
      Row{"one more", std::string(65, 'a') + "@example.net", false}, Row{"nothing", "", false},
      Row{"no domain", "ada@", false}, Row{"no local part", "@example.net", false},
      Row{"no at", "example.net", false}, Row{"two at", "a@b@example.net", false},
      Row{"a space", "ada l@example.net", false},
      Row{"a line break", "ada@example.net\r\nRCPT TO:<b@c>", false},
      Row{"brackets", "<ada@example.net>", false}, Row{"a list", "a@example.net,b@example.net", false},
      Row{"a quote", "\"a b\"@example.net", false}, Row{"beyond ASCII", "zoë@example.net", false},
      Row{"points without parts", "a..b@example.net", false},
      Row{"a point at the end", "a@example.net.", false},
      Row{"a zero byte", std::string("a\0b@example.net", 15), false});
  CAPTURE(row.why);

  CHECK(is_mail_address(row.text) == row.fits);
}

TEST_CASE("mailbox: a name may stand before the address", "[journey][mailbox]") {
  const Mailbox named{"Example, Ltd.", "hello@example.net"};

  CHECK(parse_mailbox("hello@example.net") == Mailbox{"", "hello@example.net"});
  CHECK(parse_mailbox("<hello@example.net>") == Mailbox{"", "hello@example.net"});
  CHECK(parse_mailbox("Lämpchen <hello@example.net>") == Mailbox{"Lämpchen", "hello@example.net"});
  CHECK(parse_mailbox("\"Example, Ltd.\" <hello@example.net>") == named);
  CHECK_FALSE(parse_mailbox("Example"));
  CHECK_FALSE(parse_mailbox("Example <hello>"));
  CHECK_FALSE(parse_mailbox("a\r\nBcc: <eve@example.net>"));
  CHECK_FALSE(parse_mailbox("a\" <eve@example.net>, \"b <hello@example.net>"));
}

}  // namespace lotse
