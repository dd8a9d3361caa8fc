//===- OnnxModel.cpp - A layer as an ONNX model ---------------------------===//
//
// Part of rnnc, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
// Field numbers are those of onnx.proto. ONNX's gates are i, o, f, c~ and
// z, r, h~, each with its bias for x and one for h; ours goes into the first.
//===----------------------------------------------------------------------===//
#include "benchmarks/OnnxModel.h"

#include <initializer_list>

using namespace bench;

//===----------------------------------------------------------------------===//
// Messages of Protocol Buffers
//===----------------------------------------------------------------------===//

static std::string varint(uint64_t Value) {
  std::string Made;
  for (; Value >= 0x80; Value >>= 7)
    Made += static_cast<char>(Value | 0x80);
  return Made + static_cast<char>(Value);
}

static std::string number(int Field, uint64_t Value) {
  return varint(Field << 3) + varint(Value);
}

static std::string bytes(int Field, const std::string &Value) {
  return varint(Field << 3 | 2) + varint(Value.size()) + Value;
}

//===----------------------------------------------------------------------===//
// Parts of a model
//===----------------------------------------------------------------------===//

static constexpr int Float = 1;        // TensorProto.DataType
static constexpr int IntAttribute = 2; // AttributeProto.AttributeType

static std::string tensor(const char *Name,
                          std::initializer_list<int64_t> Shape,
                          const std::vector<float> &Values) {
  std::string Made;
  for (const int64_t Extent : Shape)
    Made += number(1, Extent);
  const auto *Raw = reinterpret_cast<const char *>(Values.data());
  return Made + number(2, Float) + bytes(8, Name) +
         bytes(9, std::string(Raw, Values.size() * sizeof(float)));
}

static std::string valueInfo(const char *Name,
                             std::initializer_list<int64_t> Shape) {
  std::string Extents;
  for (const int64_t Extent : Shape)
    Extents += bytes(1, number(1, Extent));
  return bytes(1, Name) +
         bytes(2, bytes(1, number(1, Float) + bytes(2, Extents)));
}

static std::string node(const LayerSizes &Sizes) {
  std::string Made;
  for (const char *Input : {"x", "w", "r", "b"})
    Made += bytes(1, Input);
  Made += bytes(2, "y");
  Made += bytes(4, Sizes.Kind == Cell::LSTM ? "LSTM" : "GRU");
  return Made + bytes(5, bytes(1, "hidden_size") + number(3, Sizes.H) +
                             number(20, IntAttribute));
}

std::string bench::makeOnnxModel(const LayerSizes &Sizes,
                                 const std::vector<float> &Parameters) {
  const int64_t H = Sizes.H, Rows = Sizes.gates() * H;
  std::vector<float> W, R, B;
  for (const char Gate : std::string(Sizes.Kind == Cell::LSTM ? "iofg" : "zrn"))
    for (int64_t Unit = 0; Unit < H; ++Unit) {
      const UnitOffsets At = offsetsOf(Sizes, Gate, Unit);
      const auto First = Parameters.begin();
      W.insert(W.end(), First + At.X, First + At.X + H);
      R.insert(R.end(), First + At.H, First + At.H + H);
      B.push_back(Parameters[At.Bias]);
    }
  B.resize(2 * Rows);
  const std::string Graph = bytes(1, node(Sizes)) + bytes(2, "layer") +
                            bytes(5, tensor("w", {1, Rows, H}, W)) +
                            bytes(5, tensor("r", {1, Rows, H}, R)) +
                            bytes(5, tensor("b", {1, 2 * Rows}, B)) +
                            bytes(11, valueInfo("x", {Sizes.T, Sizes.B, H})) +
                            bytes(12, valueInfo("y", {Sizes.T, 1, Sizes.B, H}));
  const std::string Opset = bytes(1, "") + number(2, 14);
  return number(1, 8) + bytes(7, Graph) + bytes(8, Opset);
}
