import Backprop
import Foundation
import Testing

@Suite("PGM and PPM images")
struct NetpbmImageTests {
    private func image(_ header: String, _ pixels: [UInt8] = []) throws -> NetpbmImage {
        try NetpbmImage(Array(header.utf8) + pixels, source: "t.pgm")
    }

    @Test(
        "the same pixels are read from text and from bytes, gray and in color, with 8 and with 16 bits",
        arguments: [
            ("P2\n2 1\n255\n7 255\n", [], 1, 255, [7, 255]),
            ("P5\n2 1\n255\n", [7, 255], 1, 255, [7, 255]),
            ("P5 2 1 65535\n", [1, 2, 255, 255], 1, 65535, [258, 65535]),
            ("P5 2 1 256\n", [1, 0, 0, 9], 1, 256, [256, 9]),
            ("P3 1 1 15 1 2 15", [], 3, 15, [1, 2, 15]),
            ("P6 1 1 255\n", [1, 2, 3], 3, 255, [1, 2, 3]),
            ("P2 # a comment\n# 9 9\n2#width\n 1\r\n255# the maximum\n 7\t255", [], 1, 255, [7, 255]),
            ("P5\n# made by hand\n2 1 # 3\n255\n", [35, 10], 1, 255, [35, 10]),
            // Another image may follow.
            ("P5 1 1 255\n", [9, 80, 53], 1, 255, [9]),
        ] as [(String, [UInt8], Int, Int, [UInt16])])
    func formats(_ header: String, _ pixels: [UInt8], _ channels: Int, _ maximum: Int, _ expected: [UInt16]) throws {
        let image = try image(header, pixels)
        #expect(image.samples == expected)
        #expect(image.channels == channels && image.maximum == maximum && image.height == 1)
        #expect(image.width * channels == expected.count)
        #expect(image.values == expected.map { Double($0) / Double(maximum) })
    }

    @Test(
        "what is no image, or not all of one, is refused",
        arguments: [
            ("", [], "t.pgm: expected a PGM or PPM image, which begins with P2, P3, P5 or P6, found nothing"),
            ("P4 1 1\n", [0], "t.pgm: expected a PGM or PPM image, which begins with P2, P3, P5 or P6, found 'P4'"),
            ("P5 0 1 255\n", [], "t.pgm, width: expected a whole number from 1 to 16777216, found '0'"),
            ("P5 1 -1 255\n", [], "t.pgm, height: expected a whole number from 1 to 16777216, found '-'"),
            ("P5 1 1 65536\n", [0], "t.pgm, greatest value: expected a whole number from 1 to 65535, found '65536'"),
            ("P5 1", [], "t.pgm, height: expected a whole number from 1 to 16777216, found the end of the file"),
            (
                "P5 99999999999999999999 1 255\n", [],
                "t.pgm, width: expected a whole number from 1 to 16777216, found '99999999999999999999'"
            ),
            ("P5 2 2 255\n", [1, 2, 3], "t.pgm: expected 4 pixel values as its header says, found 3 at most"),
            ("P5 2 1 256\n", [1, 2, 3], "t.pgm: expected 2 pixel values as its header says, found 1 at most"),
            ("P5 2 2 255", [], "t.pgm: expected 4 pixel values as its header says, found 0 at most"),
            (
                "P5 16777216 16777216 255\n", [1],
                "t.pgm: expected 281474976710656 pixel values as its header says, found 1 at most"
            ),
            (
                "P2 16777216 16777216 255\n1 2", [],
                "t.pgm: expected 281474976710656 pixel values as its header says, found 2 at most"
            ),
            (
                "P2 2 2 255 100 200 30", [],
                "t.pgm, pixel value 3: expected a whole number from 0 to 255, found the end of the file"
            ),
            ("P2 2 1 15 1 16", [], "t.pgm, pixel value 1: expected a whole number from 0 to 15, found '16'"),
            ("P5 2 1 15\n", [1, 16], "t.pgm, pixel value 1: expected a whole number from 0 to 15, found '16'"),
            ("P2 2 1 15 1 x", [], "t.pgm, pixel value 1: expected a whole number from 0 to 15, found 'x'"),
        ] as [(String, [UInt8], String)])
    func malformed(_ header: String, _ pixels: [UInt8], _ message: String) {
        expectError(message) { try image(header, pixels) }
    }

    // MARK: Folders

    private func makeFolder(_ folder: String, _ images: [(String, String)]) throws {
        for (path, content) in images {
            let file = URL(fileURLWithPath: "\(folder)/\(path)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try content.write(to: file, atomically: false, encoding: .utf8)
        }
    }

    @Test("folders are classes, sorted, with their images in the order of their names")
    func folders() throws {
        try withTemporaryFolder { folder in
            try makeFolder(
                folder,
                [
                    ("b/2.pgm", "P2 2 1 10 5 10"), ("b/1.pgm", "P2 2 1 10 0 1"), ("a/x.pgm", "P2 2 1 4 4 2"),
                    ("a/notes.txt", "not an image"), ("a/.hidden.pgm", "neither"), ("readme.txt", "no class"),
                ])
            let images = try ImageFolder(contentsOf: folder)
            #expect(images.classNames == ["a", "b"])
            #expect(images.width == 2 && images.height == 1 && images.channels == 1)
            let dataset: Dataset<Float> = try images.dataset()
            #expect(dataset.inputs == [1, 0.5, 0, 0.1, 0.5, 1])
            #expect(dataset.classes == [0, 1, 1])
        }
    }

    @Test("folders that make no samples are refused with what is wrong, and where")
    func wrongFolders() throws {
        let cases: [([(String, String)], String)] = [
            ([], "/: folders of images: expected at least one, found none"),
            (
                [("a/1.pgm", "P2 1 1 1 1")],
                "/: expected at least 2 classes, a folder of images each, found only a"
            ),
            (
                [("a/1.pgm", "P2 1 1 1 1"), ("b/1.txt", "")],
                "/b: images, .pgm or .ppm: expected at least one, found none"
            ),
            (
                [("a/1.pgm", "P2 1 1 1 1"), ("b/1.pgm", "P2 2 1 1 1 1")],
                "/b/1.pgm: expected 1 × 1 pixels in gray as /a/1.pgm, found 2 × 1 pixels in gray"
            ),
            (
                [("a/1.pgm", "P2 1 1 1 1"), ("b/1.ppm", "P3 1 1 1 1 1 1")],
                "/b/1.ppm: expected 1 × 1 pixels in gray as /a/1.pgm, found 1 × 1 pixels in color"
            ),
            (
                [("a/1.pgm", "P2 1 1 1 1"), ("b/1.pgm", "P9")],
                "/b/1.pgm: expected a PGM or PPM image, which begins with P2, P3, P5 or P6, found 'P9'"
            ),
        ]
        for (images, message) in cases {
            try withTemporaryFolder { folder in
                try makeFolder(folder, images)
                do {
                    _ = try ImageFolder(contentsOf: folder)
                    Issue.record("expected the error: \(message)")
                } catch {
                    let found = "\(error)".replacingOccurrences(of: folder, with: "")
                    #expect(found == (message.hasPrefix("/:") ? String(message.dropFirst()) : message))
                }
            }
        }
    }
}
