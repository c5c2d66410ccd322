--- Names as a hostile file may have them, for what must survive them.
return {
  "\27[31m\r\n\7", "a\0b", "]]>", "]]></failure><x>", "<script>alert(1)</script>", "&amp;&#0;", "|", "`", "``` ```",
  "```\n# heading\n", "~~~", "\xff\xfe", "\xc3", "\xed\xa0\x80", "\xef\xbf\xbe\xef\xbf\xbf", "\xe2\x80\xae",
  "\xc2\x9b2J", "a::b,c=d%0A", "::error::x", "\n::error file=x::y\n", "%", "%25%zz", "\"'", "\\", "\\n", "@user #1",
  "</code>", "</details>", "*b* _i_ ~s~ [l](http://x)", "![i](x)", "../../etc/passwd",
  "/abs:o/lute", "c:/x", "//host/x",
  "http://x", " ", "größe", "\xf0\x9f\x98\x80", ("x"):rep(300), "-- -->", "<?xml?>", "\t",
}
