const names = { holo: "RC:HoloMsg", text: "RC:TxtMsg" };
