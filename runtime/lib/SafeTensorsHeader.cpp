//===- SafeTensorsHeader.cpp - The header of a safetensors file -----------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Checks a header that may come from anywhere: nothing in it is believed before
// it has been compared with the file's size.
//===----------------------------------------------------------------------===//
#include "runtime/lib/Error.h"
#include "runtime/lib/SafeTensors.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

using namespace rnn;
using nlohmann::json;

const char *rnn::dtypeName(DType Type) {
  static const char *const Names[] = {"F32", "F64", "I32", "I64", "U8"};
  return Names[static_cast<int>(Type)];
}

size_t rnn::dtypeSize(DType Type) {
  static const size_t Sizes[] = {4, 8, 4, 8, 1};
  return Sizes[static_cast<int>(Type)];
}

std::string rnn::shapeText(std::span<const int64_t> Shape) {
  std::string Text = "[";
  for (const int64_t Size : Shape)
    Text += (Text.size() > 1 ? ", " : "") + std::to_string(Size);
  return Text + "]";
}

size_t TensorView::elements() const {
  size_t Product = 1;
  for (const int64_t Size : Shape)
    Product *= static_cast<size_t>(Size);
  return Product;
}

const TensorView *TensorFile::find(const std::string &Name) const {
  const auto Found = Tensors.find(Name);
  return Found == Tensors.end() ? nullptr : &Found->second;
}

namespace {
/// Parses one header. Its members throw Error with the file's name in front.
class HeaderParser {
public:
  HeaderParser(TensorFile &File, const char *Data, size_t DataBytes)
      : File(File), Data(Data), DataBytes(DataBytes) {}

  void run(std::string_view Text);

private:
  struct Range {
    size_t Begin, End;
    std::string Name;
    bool operator<(const Range &Other) const {
      return std::tie(Begin, End) < std::tie(Other.Begin, Other.End);
    }
  };

  [[noreturn]] void error(const std::string &Text) const {
    throw Error(RNN_ERROR_FILE, File.Path + ": " + Text);
  }
  json parse(std::string_view Text) const;
  void metadata(const json &Entries);
  void tensor(const std::string &Name, const json &Entry);
  DType type(const std::string &Name, const json &Entry) const;
  std::vector<int64_t> shape(const std::string &Name, const json &Entry) const;
  Range range(const std::string &Name, const json &Entry) const;
  void checkCover();

  TensorFile &File;
  const char *Data;
  size_t DataBytes;
  std::vector<Range> Ranges;
};
} // namespace

json HeaderParser::parse(std::string_view Text) const {
  // The library keeps the last of two equal keys; here they are an error.
  std::vector<std::set<std::string>> Keys;
  std::optional<std::string> Twice;
  const auto Watch = [&](int, json::parse_event_t Event, const json &Value) {
    if (Event == json::parse_event_t::object_start)
      Keys.emplace_back();
    if (Event == json::parse_event_t::object_end)
      Keys.pop_back();
    if (Event == json::parse_event_t::key &&
        !Keys.back().insert(Value.get<std::string>()).second)
      Twice = Value.get<std::string>();
    return true;
  };
  json Parsed;
  try {
    Parsed = json::parse(Text.begin(), Text.end(), Watch);
  } catch (const json::exception &E) {
    error(std::string("expected a header in JSON, got an error in it: ") +
          E.what());
  }
  if (Twice)
    error("expected each name once in the header, got '" + *Twice + "' twice");
  if (!Parsed.is_object())
    error("expected a JSON object as header, got " +
          std::string(Parsed.type_name()));
  return Parsed;
}

void HeaderParser::metadata(const json &Entries) {
  if (!Entries.is_object())
    error("__metadata__: expected an object");
  for (const auto &[Key, Value] : Entries.items()) {
    if (!Value.is_string())
      error("__metadata__: '" + Key + "': expected a string, got " +
            Value.type_name());
    File.Metadata[Key] = Value.get<std::string>();
  }
}

DType HeaderParser::type(const std::string &Name, const json &Entry) const {
  const auto Field = Entry.find("dtype");
  if (Field == Entry.end() || !Field->is_string())
    error("tensor '" + Name + "': expected a string 'dtype'");
  for (const DType Type :
       {DType::F32, DType::F64, DType::I32, DType::I64, DType::U8})
    if (*Field == dtypeName(Type))
      return Type;
  error("tensor '" + Name + "': expected dtype F32, F64, I32, I64 or U8, got " +
        Field->get<std::string>());
}

std::vector<int64_t> HeaderParser::shape(const std::string &Name,
                                         const json &Entry) const {
  const auto Field = Entry.find("shape");
  if (Field == Entry.end() || !Field->is_array())
    error("tensor '" + Name + "': expected an array 'shape'");
  std::vector<int64_t> Shape;
  for (const json &Size : *Field) {
    if (!Size.is_number_unsigned() || Size.get<uint64_t>() > INT64_MAX)
      error("tensor '" + Name + "': expected sizes of 0 or more, got " +
            Size.dump());
    Shape.push_back(Size.get<int64_t>());
  }
  return Shape;
}

HeaderParser::Range HeaderParser::range(const std::string &Name,
                                        const json &Entry) const {
  const auto Field = Entry.find("data_offsets");
  if (Field == Entry.end() || !Field->is_array() || Field->size() != 2 ||
      !(*Field)[0].is_number_unsigned() || !(*Field)[1].is_number_unsigned())
    error("tensor '" + Name + "': expected two offsets in 'data_offsets'");
  const auto Begin = (*Field)[0].get<uint64_t>();
  const auto End = (*Field)[1].get<uint64_t>();
  if (Begin > End)
    error("tensor '" + Name + "': expected offsets in order, got [" +
          std::to_string(Begin) + ", " + std::to_string(End) + "]");
  if (End > DataBytes)
    error("tensor '" + Name + "': expected " + std::to_string(End) +
          " bytes of data, got " + std::to_string(DataBytes) +
          ": the file is truncated");
  return {Begin, End, Name};
}

/// Bytes of a shape, or nothing if they overflow.
static std::optional<size_t> bytesOf(DType Type,
                                     const std::vector<int64_t> &Shape) {
  // A size of 0 makes the product 0, whatever the others are.
  if (std::find(Shape.begin(), Shape.end(), 0) != Shape.end())
    return 0;
  size_t Bytes = dtypeSize(Type);
  for (const int64_t Size : Shape)
    if (__builtin_mul_overflow(Bytes, static_cast<size_t>(Size), &Bytes))
      return std::nullopt;
  return Bytes;
}

void HeaderParser::tensor(const std::string &Name, const json &Entry) {
  if (!Entry.is_object())
    error("tensor '" + Name + "': expected an object, got " +
          Entry.type_name());
  TensorView View;
  View.Type = type(Name, Entry);
  View.Shape = shape(Name, Entry);
  const Range Where = range(Name, Entry);
  const std::optional<size_t> Bytes = bytesOf(View.Type, View.Shape);
  if (Bytes != Where.End - Where.Begin)
    error("tensor '" + Name + "' of type " + dtypeName(View.Type) +
          " and shape " + shapeText(View.Shape) + ": expected " +
          (Bytes ? std::to_string(*Bytes) : "more than 2^64") + " bytes, got " +
          std::to_string(Where.End - Where.Begin));
  View.Data = Data + Where.Begin;
  Ranges.push_back(Where);
  File.Tensors.emplace(Name, std::move(View));
}

/// The format allows neither overlaps nor holes.
void HeaderParser::checkCover() {
  std::sort(Ranges.begin(), Ranges.end());
  size_t Next = 0;
  for (const Range &R : Ranges) {
    if (R.Begin != Next)
      error("tensor '" + R.Name + "': expected data from offset " +
            std::to_string(Next) + ", got " + std::to_string(R.Begin) +
            (R.Begin < Next ? ": tensors overlap" : ": there is a hole"));
    Next = R.End;
  }
  if (Next != DataBytes)
    error("expected " + std::to_string(Next) + " bytes of data, got " +
          std::to_string(DataBytes));
}

void HeaderParser::run(std::string_view Text) {
  const json Header = parse(Text);
  for (const auto &[Name, Entry] : Header.items()) {
    if (Name == "__metadata__")
      metadata(Entry);
    else
      tensor(Name, Entry);
  }
  checkCover();
}

void rnn::parseHeader(TensorFile &File, std::string_view Header,
                      const char *Data, size_t DataBytes) {
  HeaderParser(File, Data, DataBytes).run(Header);
}
