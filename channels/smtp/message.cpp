#include "channels/smtp/message.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "engine/base/assert.hpp"
#include "engine/base/base64.hpp"
#include "engine/base/hash.hpp"

namespace lotse::smtp {
namespace {

constexpr std::string_view to_head = "To: <";

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; }
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return !is_control(c) && static_cast<unsigned char>(c) < 0x80; });
}

/// The end of the longest piece of whole characters from `at` that has at most `bytes`.
std::size_t piece_end(std::string_view text, std::size_t at, std::size_t bytes) {
  std::size_t end = std::min(at + bytes, text.size());
  while (end < text.size() && end > at + 1 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  return end;
}

/// RFC 2047: ASCII that fits a line as it is, else words of at most 75 characters, one a line.
std::string header_text(std::string_view text) {
  constexpr std::size_t line_max = 65;
  constexpr std::size_t piece_bytes = 42;  // 56 characters of base64, and 12 about them
  if (is_plain(text) && text.size() <= line_max && text.find("=?") == std::string_view::npos)
    return std::string(text);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = piece_end(text, at, piece_bytes);
    if (at > 0) out += "\r\n ";
    out += "=?UTF-8?B?" + encode_base64(text.substr(at, end - at)) + "?=";
    at = end;
  }
  return out;
}

std::string mailbox_text(const Mailbox& mailbox) {
  if (mailbox.name.empty()) return mailbox.address;
  const std::string name =
      is_plain(mailbox.name) ? fmt::format("\"{}\"", mailbox.name) : header_text(mailbox.name);
  return fmt::format("{} <{}>", name, mailbox.address);
}

/// RFC 5322, section 3.3, in UTC.
std::string date_text(Instant instant) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(instant);
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} +0000", seconds);
}

/// Lines end as mail has it.
std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? "\r\n" : std::string(1, c);
  return out;
}

/// A MIME part in base64: any text, in lines of at most 76 characters.
std::string part(std::string_view type, std::string_view text) {
  constexpr std::size_t line = 76;
  const std::string encoded = encode_base64(with_crlf(text));
  std::string out =
      fmt::format("Content-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n", type);
  for (std::size_t at = 0; at < encoded.size(); at += line) out += encoded.substr(at, line) + "\r\n";
  return out;
}

std::string body_of(const Rendered& content, const std::string& mark) {
  if (content.html.empty()) return part("text/plain", content.text);
  const std::string boundary = "=_" + mark;  // which no base64 has
  return fmt::format(
      "Content-Type: multipart/alternative;\r\n "
      "boundary=\"{0}\"\r\n\r\n--{0}\r\n{1}\r\n--{0}\r\n{2}\r\n--{0}--\r\n",
      boundary, part("text/plain", content.text), part("text/html", content.html));
}

}  // namespace

Result<std::string> message(const Letter& letter) {
  const std::string& subject = letter.content.subject;
  if (!is_mail_address(letter.to))
    return fail(ErrorCode::bad_input, "the customer's address is no mail address");
  if (std::any_of(subject.begin(), subject.end(), is_control))
    return fail(ErrorCode::bad_input, "the subject has a line break or another control character");
  constexpr std::size_t mark_digits = 32;
  const std::string mark = hex(sha256(letter.id)).substr(0, mark_digits);
  const std::string domain = letter.from.address.substr(letter.from.address.rfind('@') + 1);
  return fmt::format(
      "{}{}>\r\nFrom: {}\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}@{}>\r\nAuto-Submitted: "
      "auto-generated\r\n"
      "MIME-Version: 1.0\r\n{}",
      to_head, letter.to, mailbox_text(letter.from), header_text(subject), date_text(letter.date), mark,
      domain, body_of(letter.content, mark));
}

std::string recipient_of(std::string_view message) {
  const std::size_t end = message.find(">\r\n");
  LOTSE_ASSERT(message.starts_with(to_head) && end != std::string_view::npos);
  return std::string(message.substr(to_head.size(), end - to_head.size()));
}

}  // namespace lotse::smtp
