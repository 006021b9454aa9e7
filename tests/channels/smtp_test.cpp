#include "channels/smtp/smtp.hpp"

#include <fmt/format.h>
#include <rapidcheck/catch.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "channels/smtp/message.hpp"
#include "engine/store/event_text.hpp"
#include "tests/channels/deliveries.hpp"
#include "tests/channels/receiver.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/skip.hpp"

namespace lotse::smtp {
namespace {

using test::deliver;
using test::Folder;
using test::Receiver;
using Kind = Delivery::Kind;

const Template welcome{"Your order {{number}}, {{name}}",
                       "Hello {{name}},\n{{#items}}- {{.}}\n{{/items}}.\nBye\n", "<p>Hello {{name}}</p>"};

Value with(const std::string& name) {
  return Value(Map{{Value("name"), Value(name)},
                   {Value("number"), Value(std::int64_t{17})},
                   {Value("items"), Value(List{Value("lamp"), Value("<b>desk</b>")})}});
}

Outgoing outgoing(const std::string& address = "ada@example.net", const std::string& name = "Zoë & Co") {
  return {.id = "m-1",
          .handed_out = *parse_instant("2024-03-01T09:00:00Z"),
          .template_name = "welcome",
          .address = address,
          .with = with(name)};
}

SmtpSettings settings_of(const Receiver& receiver, SmtpTls tls, const char* scheme = "smtp") {
  SmtpSettings settings;
  settings.url = fmt::format("{}://localhost:{}", scheme, receiver.port());
  settings.from = "Lämpchen <hello@example.net>";
  settings.tls = tls;
  settings.timeout = std::chrono::seconds(10);
  return settings;
}

std::shared_ptr<ChannelAdapter> adapter_of(const SmtpSettings& settings,
                                           const std::string& authorities = {}) {
  auto made =
      make_adapter(settings, {{"welcome", welcome}},
                   test::environment_of({{"USER_NAME", "lotse"}, {"GOOD", "secret"}, {"BAD", "wrong"}}),
                   {.authorities = authorities});
  REQUIRE(made);
  return *std::move(made);
}

SmtpSettings nowhere() {
  SmtpSettings settings;
  settings.url = "smtp://127.0.0.1:1";
  settings.from = "hello@example.net";
  return settings;
}

ChannelAdapter::Attempt attempt(const ChannelAdapter& adapter, const Outgoing& sent) {
  const auto body = adapter.compose(sent);
  REQUIRE(body);
  return {sent.id, *body, test::now()};
}

Value mail_of(Receiver& receiver) {
  const auto line = receiver.line();
  REQUIRE(line);
  const auto value = read_json_object(*line);
  REQUIRE(value);
  return *value;
}

std::string text_at(const Value& value, std::string_view key) {
  const Value* found = value.find(key);
  return found == nullptr || found->string() == nullptr ? "" : *found->string();
}

/// A server's key, and a certificate for `localhost` that signs itself.
struct Certificate {
  Folder folder;
  std::string key = (folder / "key.pem").string();
  std::string file = (folder / "certificate.pem").string();
  Certificate() {
    const std::string command = fmt::format(
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout '{}' -out '{}' -days 2 -subj /CN=localhost "
        "-addext subjectAltName=DNS:localhost >/dev/null 2>&1",
        key, file);
    REQUIRE(std::system(command.c_str()) == 0);
  }
};

void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("smtp: a mail arrives as its template says", "[smtp]") {
  if (!test::have_receivers()) LOTSE_SKIP("node and npm are not here, and take the mail");
  Receiver receiver("smtp_receiver.mjs", {"plain"});
  const auto adapter = adapter_of(settings_of(receiver, SmtpTls::opportunistic));

  const Delivery delivery = deliver(*adapter, attempt(*adapter, outgoing()));

  CHECK(delivery.kind == Kind::delivered);
  const Value mail = mail_of(receiver);
  CAPTURE(text_at(mail, "raw"));
  CHECK(text_at(mail, "sender") == "hello@example.net");
  CHECK(text_at(mail, "recipient") == "ada@example.net");
  CHECK(text_at(mail, "to") == "ada@example.net");
  CHECK(text_at(mail, "from") == "\"Lämpchen\" <hello@example.net>");
  CHECK(text_at(mail, "subject") == "Your order 17, Zoë & Co");
  CHECK(text_at(mail, "text") == "Hello Zoë & Co,\n- lamp\n- <b>desk</b>\n.\nBye\n");
  CHECK(text_at(mail, "html") == "<p>Hello Zoë &amp; Co</p>");
  CHECK(text_at(mail, "date") == "2024-03-01T09:00:00.000Z");
  CHECK(text_at(mail, "id").ends_with("@example.net>"));
}

TEST_CASE("smtp: every attempt sends the same bytes", "[smtp]") {
  const auto adapter = adapter_of(nowhere());
  const auto first = adapter->compose(outgoing());
  REQUIRE(first);

  CHECK(*adapter->compose(outgoing()) == *first);
  Outgoing other = outgoing();
  other.id = "m-2";
  CHECK(*adapter->compose(other) != *first);
}

TEST_CASE("smtp: by default a mail goes by TLS only, to a server that is who it says", "[smtp]") {
  if (!test::have_receivers()) LOTSE_SKIP("node and npm are not here, and take the mail");
  const Certificate certificate;
  struct Row {
    const char* why;
    const char* mode;
    const char* scheme;
    SmtpTls tls;
    bool trusted;
    const char* detail;
  };
  const auto row = GENERATE(
      Row{"upgraded", "starttls", "smtp", SmtpTls::required, true, "answered 250"},
      Row{"from the start", "tls", "smtps", SmtpTls::required, true, "answered 250"},
      Row{"where it is offered", "starttls", "smtp", SmtpTls::opportunistic, true, "answered 250"},
      Row{"not offered", "plain", "smtp", SmtpTls::required, true, "not taken: Requested SSL level failed"},
      Row{"unknown to us", "starttls", "smtp", SmtpTls::required, false,
          "not taken: SSL peer certificate or SSH remote key was not OK"});
  CAPTURE(row.why);
  Receiver receiver("smtp_receiver.mjs", {row.mode, certificate.key, certificate.file});
  const auto adapter =
      adapter_of(settings_of(receiver, row.tls, row.scheme), row.trusted ? certificate.file : "");

  const Delivery delivery = deliver(*adapter, attempt(*adapter, outgoing()));

  CHECK(delivery.detail == row.detail);
  const bool taken = delivery.kind == Kind::delivered;
  CHECK(taken == std::string_view(row.detail).starts_with("answered"));
  CHECK((taken || delivery.kind == Kind::failed));
  if (taken) CHECK(*mail_of(receiver).find("secure")->boolean());
}

TEST_CASE("smtp: who is to log in does, and a wrong password is ours to mend", "[smtp]") {
  if (!test::have_receivers()) LOTSE_SKIP("node and npm are not here, and take the mail");
  const Certificate certificate;
  Receiver receiver("smtp_receiver.mjs", {"login", certificate.key, certificate.file});
  SmtpSettings settings = settings_of(receiver, SmtpTls::required);
  const auto stranger = adapter_of(settings, certificate.file);
  settings.user = "USER_NAME";
  settings.password = "GOOD";
  const auto known = adapter_of(settings, certificate.file);
  settings.password = "BAD";
  const auto forgetful = adapter_of(settings, certificate.file);

  CHECK(deliver(*known, attempt(*known, outgoing())).kind == Kind::delivered);
  CHECK(text_at(mail_of(receiver), "user") == "lotse");
  const Delivery wrong = deliver(*forgetful, attempt(*forgetful, outgoing()));
  CHECK(wrong.kind == Kind::failed);
  CHECK(wrong.detail == "answered 535 5.7.8");
  const Delivery none = deliver(*stranger, attempt(*stranger, outgoing()));
  CHECK(none.kind == Kind::failed);
  CHECK(none.detail.starts_with("answered 530"));
}

TEST_CASE("smtp: what a reply means", "[smtp]") {
  if (!test::have_receivers()) LOTSE_SKIP("node and npm are not here, and answer");
  static Receiver receiver("smtp_receiver.mjs", {"plain"});
  static const auto adapter = adapter_of(settings_of(receiver, SmtpTls::none));
  struct Row {
    const char* address;
    Kind kind;
    const char* detail;
  };
  const auto row = GENERATE(Row{"no-such-user@example.net", Kind::address_refused, "answered 550 5.1.1"},
                            Row{"later@example.net", Kind::failed, "answered 450 4.2.1"},
                            Row{"policy@example.net", Kind::refused, "answered 550 5.7.1"},
                            Row{"full@example.net", Kind::refused, "answered 552 5.2.2"},
                            Row{"spam@example.net", Kind::refused, "answered 554 5.6.0"},
                            Row{"busy@example.net", Kind::failed, "answered 451 4.3.0"},
                            Row{"ada@example.net", Kind::delivered, "answered 250"});
  CAPTURE(row.address);

  const Delivery delivery = deliver(*adapter, attempt(*adapter, outgoing(row.address)));

  CHECK(delivery.kind == row.kind);
  CHECK(delivery.detail == row.detail);
}

TEST_CASE("smtp: where nobody listens it fails", "[smtp]") {
  const auto adapter = adapter_of(nowhere());

  const Delivery delivery = deliver(*adapter, attempt(*adapter, outgoing()));

  CHECK(delivery.kind == Kind::failed);
  CHECK(delivery.detail == "not taken: Couldn't connect to server");
}

TEST_CASE("smtp: whatever is filled in, no header is added and no other recipient", "[smtp][property]") {
  const auto adapter = adapter_of(nowhere());
  rc::prop("a composed mail has its headers and no others", [&] {
    const auto piece =
        rc::gen::element<std::string>("\r\n", "\n", "\r", "Bcc: eve@example.net", "a", "ü", ">", "<", "@",
                                      "\"", " ", "\r\n\r\n", "=?UTF-8?B?", "\t", "\0x", ".");
    const auto text =
        rc::gen::map(rc::gen::container<std::vector<std::string>>(piece), [](const auto& parts) {
          std::string all;
          for (const std::string& part : parts) all += part;
          return all;
        });
    const bool honest = *rc::gen::arbitrary<bool>();
    const std::string address = honest ? "ada@example.net" : *text + "@example.net";
    const auto composed = adapter->compose(outgoing(address, *text));
    if (!composed) {
      RC_ASSERT(composed.error().code == ErrorCode::bad_input);
      RC_TAG("refused");
      return;
    }
    RC_TAG("composed");
    RC_ASSERT(recipient_of(*composed) == address);
    RC_ASSERT(is_mail_address(address));
    const std::string head = composed->substr(0, composed->find("\r\n\r\n") + 2);
    std::string names;
    for (std::size_t at = 0; at < head.size(); at = head.find("\r\n", at) + 2) {
      RC_ASSERT(at == 0 || head.find("\r\n", at) - at <= 78);  // an address is not broken
      if (head[at] != ' ') names += head.substr(at, head.find(':', at) - at) + ' ';
    }
    RC_ASSERT(names == "To From Subject Date Message-ID Auto-Submitted MIME-Version Content-Type ");
    for (std::size_t at = 0; at < composed->size(); ++at) {
      if ((*composed)[at] == '\n') RC_ASSERT((*composed)[at - 1] == '\r');
      if ((*composed)[at] == '\r') RC_ASSERT((*composed)[at + 1] == '\n');
    }
  });
}

TEST_CASE("smtp: a line break in the subject and an address that is none are refused", "[smtp]") {
  const auto adapter = adapter_of(nowhere());

  const auto refused = [&](const std::string& address, const std::string& name) {
    const auto composed = adapter->compose(outgoing(address, name));
    return composed ? "composed" : composed.error().message;
  };
  CHECK(refused("ada@example.net", "a\r\nBcc: eve@example.net") ==
        "the subject has a line break or another control character");
  CHECK(refused("ada@example.net>\r\nBcc: eve@example.net", "a") ==
        "the customer's address is no mail address");
  CHECK(refused("", "a") == "the customer's address is no mail address");
}

TEST_CASE("smtp: long and foreign subjects are read back whole", "[smtp]") {
  if (!test::have_receivers()) LOTSE_SKIP("node and npm are not here, and read the mail");
  Receiver receiver("smtp_receiver.mjs", {"plain"});
  const auto adapter = adapter_of(settings_of(receiver, SmtpTls::none));
  std::string name;
  for (int i = 0; i < 40; ++i) name += "日本語 ä";

  REQUIRE(deliver(*adapter, attempt(*adapter, outgoing("ada@example.net", name))).kind == Kind::delivered);

  CHECK(text_at(mail_of(receiver), "subject") == "Your order 17, " + name);
}

TEST_CASE("smtp: an alert needs no template", "[smtp]") {
  const auto adapter = adapter_of(nowhere());
  Outgoing alert{.kind = Outgoing::Kind::alert, .id = "a-1", .journey = "basket", .title = "Too many leave"};
  alert.address = "owner@example.net";

  const auto composed = adapter->compose(alert);

  REQUIRE(composed);
  CHECK(composed->find("\r\nSubject: Too many leave\r\n") != std::string::npos);
}

TEST_CASE("smtp: a template that is not there, or is none, is named", "[smtp]") {
  const Folder folder;
  write(folder / "good.mustache", "Subject: Hello\n\nText\n");
  write(folder / "bare.mustache", "Hello\n\nText\n");
  write(folder / "broken.mustache", "Subject: Hello {{name\n\nText\n");
  write(folder / "open.mustache", "Subject: Hello\n\n{{#items}}Text\n");
  struct Row {
    const char* name;
    const char* told;
  };
  const auto row = GENERATE(Row{"missing", "missing.mustache cannot be read: No such file or directory"},
                            Row{"bare", "bare.mustache must begin with a line `Subject: …` and an empty one"},
                            Row{"broken", "broken.mustache: "}, Row{"open", "open.mustache: "},
                            Row{"../good", "`../good` is no name of a template's file"});
  CAPTURE(row.name);

  const auto loaded = load_template(folder.path(), row.name);

  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().message.find(row.told) != std::string::npos);
  CHECK(load_template(folder.path(), "good"));
}

}  // namespace lotse::smtp
